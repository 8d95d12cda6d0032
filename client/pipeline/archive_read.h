// Unpacks an archive that write_archive() made, or that any tar and zstd did. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <stop_token>

#include "client/pipeline/tree_extractor.h"

namespace objstore::client {

struct Unpacked {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

// fd: read from where it stands to its end. kMalformed for what is no archive, for a hostile name and for entries that
// are no files, directories or links; the errors of the extractor; kCancelled. What was written before an error stays.
Result<Unpacked> read_archive(int fd, TreeExtractor& to, const std::stop_token& stop);

}  // namespace objstore::client
