// What is below some paths: a list of entries, each once, without following links. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

namespace objstore::client {

enum class EntryKind : std::uint8_t { kDirectory, kFile, kSymlink, kHardlink };

struct ScannedEntry {
  std::string path{};  // relative to the root, "/" between its parts; never absolute, empty, "." or with ".."
  EntryKind kind = EntryKind::kFile;
  std::uint32_t mode = 0;  // permission bits, 07777
  std::int64_t mtime_s = 0;
  std::int64_t mtime_ns = 0;
  std::uint64_t size = 0;  // of a file's contents
  std::string target{};    // what a symbolic link says; the path of the first entry for a hard link
};

struct ScannedTree {
  std::vector<ScannedEntry> entries{};  // sorted by path, byte by byte
  std::uint64_t skipped = 0;            // sockets, pipes, devices
};

// paths: absolute ones below root, or relative to root. kNotFound for one that is not there, kInvalidArgument for one
// that leaves root, kAccessDenied or kIo for what cannot be read, kCancelled. Symbolic links are entries; only root
// itself may be reached through some.
Result<ScannedTree> scan_tree(const std::string& root, const std::vector<std::string>& paths,
                              const std::stop_token& stop);

}  // namespace objstore::client
