// Bringing a store back whose metadata, or chunk index, is lost: `objd rebuild` and `objd rebuild-index`.
//
// Offline: the caller holds the data directory. One thread. Killed at any point, a second run finishes.
#pragma once

#include <objstore/error.h>

#include <functional>
#include <optional>
#include <string>

#include "server/app/config.h"
#include "server/app/data_directory.h"
#include "server/model/object_survey.h"
#include "server/storage/checkpoint_set.h"
#include "server/storage/index_rebuild.h"

namespace objstore::app {

// Success unless the metadata is gone while other things say that there was some. kCorrupt: the message names the way
// out. Whoever opens the metadata asks first, since opening makes an empty one.
Status check_metadata_is_there(const DataDirectory& directory);

// The data directory, held. When its format file is lost, or all of it, a checkpoint there or in a directory of
// --segments tells what it was (`say`). kNotFound: none does. Else as DataDirectory::open.
Result<DataDirectory> open_for_rebuild(const Config& config, const std::function<void(const std::string&)>& say);

struct RebuildOptions {
  bool force_from_checkpoint = false;  // also when the metadata can be read
  bool skip_unreadable = false;        // go on without segments that cannot be read, and rename them
  std::function<void(const storage::IndexProgress&)> progress;
  std::function<void(const std::string&)> say;                   // what happens now, a line each
  std::function<void(const model::SurveyedObject&)> on_damaged;  // an object with bytes that are lost
};

struct RebuildReport {
  std::optional<storage::CheckpointManifest> checkpoint;  // what the metadata was taken from
  std::string set_aside;                                  // where the damaged metadata is now; empty: there was none
  storage::IndexReport index;
  model::Survey survey;
};

Result<RebuildReport> rebuild_index_of(DataDirectory& directory, const Config& config, const RebuildOptions& options);
// kConflict: the metadata is there and can be read. kNotFound: there is no checkpoint that can be opened.
Result<RebuildReport> rebuild_from_checkpoint(DataDirectory& directory, const Config& config, const Clock& clock,
                                              const RebuildOptions& options);

}  // namespace objstore::app
