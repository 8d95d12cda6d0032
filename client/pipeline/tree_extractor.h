// Writes files below one directory and nowhere else, whatever names it is given.
//
// Every part of a path is opened from the directory before it and never through a symbolic link, so neither a name in
// an archive nor a link that lies there already, nor one that somebody makes meanwhile, leads outside. One thread at a
// time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::client {

struct EntryTimes {
  std::int64_t mtime_s = 0;
  std::int64_t mtime_ns = 0;
};

class TreeExtractor {
 public:
  // root: an existing directory, which may itself be reached through links. kNotFound, kAccessDenied, kIo.
  static Result<std::unique_ptr<TreeExtractor>> open(const std::string& root);
  ~TreeExtractor();
  TreeExtractor(const TreeExtractor&) = delete;
  TreeExtractor& operator=(const TreeExtractor&) = delete;

  // Errors of all: kMalformed for a path that is absolute, empty, has ".." in it or leads through a link; kConflict
  // when something is in the way (a directory where a file belongs, or the reverse); kNoSpace, kAccessDenied, kIo. What
  // lies under a file's or link's name is replaced. Missing directories above are made.

  // Its mode and time are set by finish(), since a directory without write permission takes no files.
  Status make_directory(std::string_view path, std::uint32_t mode, EntryTimes times);
  Status make_symlink(std::string_view path, const std::string& target, EntryTimes times);
  // existing: a path below root that has been written before.
  Status make_hardlink(std::string_view path, std::string_view existing);
  // A file: begin_file(), any number of write_at(), end_file(). Bits that raise privileges are dropped from the mode.
  Status begin_file(std::string_view path, std::uint32_t mode, EntryTimes times);
  Status write_at(std::uint64_t offset, ByteView bytes);
  Status end_file(std::uint64_t size);
  Status finish();

 private:
  struct Place;
  struct DirectoryState {
    std::string path;
    std::uint32_t mode;
    EntryTimes times;
  };
  explicit TreeExtractor(int root) : root_(root) {}
  Result<Place> locate(std::string_view path, bool make_parents);
  Status clear_way(const Place& place, std::string_view path);
  void close_file();

  const int root_;
  int file_ = -1;
  std::string file_path_;
  std::uint32_t file_mode_ = 0;
  EntryTimes file_times_;
  std::vector<DirectoryState> directories_;
};

}  // namespace objstore::client
