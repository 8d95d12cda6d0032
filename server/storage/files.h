// Whole files, made durable: what checkpoints and backups are written with. Functions without state; any thread, as
// long as nobody else works on the same names.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::storage {

// Errors of all: kNoSpace, kIo; kNotFound where a file is read that does not exist. Messages begin with the path.

inline constexpr std::size_t kSmallFileBytesMax = std::size_t{256} << 20;
// All of a file. kTooLarge above `limit`.
Result<std::string> read_file(const std::filesystem::path& path, std::size_t limit = kSmallFileBytesMax);
// The bytes of a file from its beginning to its end, in pieces; an error of `take` ends it.
Status read_through(const std::filesystem::path& path, const std::function<Status(ByteView)>& take);

// Replaces the file as a whole: a crash leaves the old content or the new one, under its name. Mode 0600.
Status replace_file(const std::filesystem::path& path, std::string_view content);

// A new file that somebody writes piece by piece. Without finish() the destructor removes it.
class NewFile {
 public:
  // Over whatever has the name. Mode 0600.
  static Result<NewFile> create(const std::filesystem::path& path);
  NewFile(NewFile&& other) noexcept;
  NewFile& operator=(NewFile&&) = delete;
  ~NewFile();
  Status write(ByteView bytes);
  Status finish();  // on stable storage; its name is once the directory is synced

 private:
  NewFile(std::filesystem::path path, int fd) : path_(std::move(path)), fd_(fd) {}
  std::filesystem::path path_;
  int fd_ = -1;
};

// A durable copy over whatever has the name `to`. `observe` sees every byte on its way.
Status copy_durably(const std::filesystem::path& from, const std::filesystem::path& to,
                    const std::function<void(ByteView)>& observe = {});
// A second name for a file, or a copy where the file system cannot do that.
Status link_or_copy(const std::filesystem::path& from, const std::filesystem::path& to);

// Success when it is there already.
Status make_directories(const std::filesystem::path& path);
Status rename_path(const std::filesystem::path& from, const std::filesystem::path& to);
// Files below it and itself. Success when there is nothing.
Status remove_tree(const std::filesystem::path& path);
// Every file of a directory, and the directory. Not of directories in it.
Status sync_files(const std::filesystem::path& directory);

struct FileFacts {
  std::string name;
  std::uint64_t size = 0;
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileFacts&) const = default;
};
// Plain files in order of their names; empty when there is no such directory.
Result<std::vector<FileFacts>> list_files(const std::filesystem::path& directory);
// Names of directories in it, in order; empty when it does not exist.
Result<std::vector<std::string>> list_directories(const std::filesystem::path& directory);

}  // namespace objstore::storage
