// A file that has its name only when it is whole. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::client {

class FileSink {
 public:
  // A temporary file beside `path`, in the same directory because only there a rename is atomic. If `path` is a link,
  // what it points to is replaced; if it is a pipe or a device, it is written to directly. kNotFound: no such
  // directory; kAccessDenied, kNoSpace, kIo.
  static Result<std::unique_ptr<FileSink>> open(const std::string& path);
  // The same, but the temporary file's name is known: what an earlier call left under it is still there. Nothing when
  // the target is no regular file, or when another call has the temporary file.
  static Result<std::unique_ptr<FileSink>> open_kept(const std::string& path, const std::string& name);
  // Names of temporary files for open_kept(): of one object to one file, and of one state of it.
  static std::string kept_name(const std::string& path, const std::string& object, const std::string& etag);
  // Those that are there for that object and file, whatever its state was; with their directory.
  static std::vector<std::string> find_kept(const std::string& path, const std::string& object);

  // Bytes that were there when it was opened.
  std::uint64_t kept_size() const noexcept { return kept_size_; }
  // False for a pipe or a device, which can only be written in order.
  bool has_places() const noexcept { return !temporary_.empty(); }
  // The destructor leaves the temporary file for another open_kept(), if this is one.
  void keep() noexcept { keep_ = findable_; }
  // Nobody else may read it, whatever the file that it replaces allowed.
  Status restrict_to_owner();
  // Sets when the file was modified.
  Status set_time(std::int64_t unix_ms);

  // Removes the temporary file unless commit() succeeded.
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  Status write(ByteView bytes);
  // The following need has_places(), and may be called from any thread.
  Status write_at(std::uint64_t offset, ByteView bytes);
  // Fills `out`; kIo when the file ends before.
  Status read_at(std::uint64_t offset, MutableBytes out) const;
  Status resize(std::uint64_t size);
  // Takes the space for `size` bytes, where the file system can, so that a full disk is told at the beginning.
  Status reserve(std::uint64_t size);
  // Gives back the space of a range that holds nothing yet. Best effort.
  void give_back(std::uint64_t offset, std::uint64_t size) noexcept;
  // sync: survives a power cut once this has returned.
  Status commit(bool sync);

 private:
  FileSink(std::string path, std::string temporary, int fd);

  const std::string path_;
  std::string temporary_;  // empty: written directly, or committed
  int fd_;
  std::uint64_t kept_size_ = 0;
  bool findable_ = false;  // from open_kept()
  bool keep_ = false;
};

}  // namespace objstore::client
