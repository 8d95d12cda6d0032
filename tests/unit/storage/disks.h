// The disks of a TestStore over files: where a segment lies, and what damage does to it.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "server/storage/segment_catalog.h"
#include "tests/support/test_store.h"

namespace objstore::test {

// The file of a segment, on whichever disk it is.
inline std::string file_of(TestStore& store, std::uint64_t segment, std::size_t disks) {
  for (std::size_t i = 0; i < disks; ++i) {
    const std::string path = store.disk(i) + "/" + storage::segment_file_name(segment);
    if (std::filesystem::exists(path)) return path;
  }
  FAIL("no such segment");
  return {};
}

inline void flip(const std::string& path, std::uint64_t offset) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset));
  const int old = file.get();
  file.seekp(static_cast<std::streamoff>(offset));
  file.put(static_cast<char>(old ^ 0x20));
}

inline void damage(TestStore& store, const storage::Location& location, std::size_t disks) {
  flip(file_of(store, location.segment, disks), location.offset + 100);
}

inline bool on_two_disks(TestStore& store, const storage::ChunkRow& row, std::size_t disks) {
  if (row.placements.size() != 2) return false;
  const auto folder = [&](std::size_t i) {
    return std::filesystem::path(file_of(store, row.placements[i].location.segment, disks)).parent_path();
  };
  return folder(0) != folder(1);
}

}  // namespace objstore::test
