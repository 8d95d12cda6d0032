// Where the segments of a store lie: in its data directory, and in the further directories that it has been given, each
// on a disk of its own.
//
// A further directory carries a file `objstore.json` that names the store and itself, and the data directory lists them
// all in `directories.json`. So an empty mount point is not taken for the disk that should be there, and nobody else's
// directory is written to.
#pragma once

#include <objstore/error.h>

#include <string>
#include <vector>

#include "server/app/config.h"
#include "server/app/data_directory.h"

namespace objstore::app {

struct SegmentPlaces {
  std::vector<std::string> paths;    // of segments; the data directory's first
  std::vector<std::string> roots;    // of the further directories that are there
  std::vector<std::string> missing;  // roots of those that are not
};

enum class Places : std::uint8_t {
  kTakeIn,     // makes further directories that the options name and the store does not have yet
  kAsTheyAre,  // changes nothing
};

// kInvalidArgument: a directory with something else in it, of another store, or missing: unless two copies are kept or
// the options allow it, a store does not start without a part of its data. kCorrupt, kIo.
Result<SegmentPlaces> open_segment_places(DataDirectory& directory, const Config& config, Places mode);

// Success unless there is no store in the data directory while one of the further directories belongs to a store.
// kInvalidArgument: the message names the way out. Before anything is made.
Status check_data_is_not_lost(const Config& config);

}  // namespace objstore::app
