// A tree as an archive: tar (pax) in zstd frames, the same bytes for the same tree. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "client/pipeline/tree_scan.h"
#include "common/base/bytes.h"

namespace objstore::client {

struct ArchiveOptions {
  std::string root{};
  bool stable_mtimes = false;
  int level = 3;
};

// Owners are 0:0 without names, access and change times are left out. tree: sorted by sort_for_archive(). kConflict
// when a file is changed while it is read, kNotFound when one vanishes, kAccessDenied, kIo, kCancelled, and what `sink`
// says.
Status write_archive(const std::vector<ScannedEntry>& entries, const ArchiveOptions& options,
                     const std::function<Status(ByteView)>& sink, const std::stop_token& stop);

}  // namespace objstore::client
