// The end of RocksDB's log, looked at before RocksDB does.
//
// A record of the log has a length in its head, and a checksum that covers its payload but not the length. When the
// length of one of the last records is damaged so that the record ends behind the end of the file, RocksDB takes it for
// a write that a crash has cut off, and silently drops it with all that follows.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"

namespace objstore::storage {

// Records lie in blocks of this size and go over the end of none. Only in the last block, when it is not full, does
// RocksDB believe that a record was cut off.
inline constexpr std::uint64_t kLogBlockBytes = 32768;

// The offset in the last block of a record that goes over its end by its length, and not by its checksum. Some
// beginning of a record that was really cut off has the right checksum in fewer than one of 10^5 cases.
std::optional<std::size_t> find_false_end(ByteView last_block);

// kCorrupt when a log in the directory has such a record; kIo.
Status check_log_ends(const std::string& directory);

}  // namespace objstore::storage
