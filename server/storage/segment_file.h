// One file of a segment directory: the only place that calls pwrite, fdatasync and their kin. Owns its descriptor. Any
// thread; the kernel orders what overlaps.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "common/base/source.h"

namespace objstore::storage {

enum class WriteMode : std::uint8_t {
  kDirect,    // O_DIRECT: offset, length and address of every write are multiples of 4,096
  kBuffered,  // for file systems that refuse O_DIRECT
};

class SegmentFile {
 public:
  // A new file; kConflict when the name is taken. Errors here and below: kNoSpace, kIo; kNotFound from the open ones.
  static Result<std::shared_ptr<SegmentFile>> create(const std::string& path, WriteMode mode);
  static Result<std::shared_ptr<SegmentFile>> open_for_reading(const std::string& path);
  static Result<std::shared_ptr<SegmentFile>> open_for_repair(const std::string& path);
  ~SegmentFile();
  SegmentFile(const SegmentFile&) = delete;
  SegmentFile& operator=(const SegmentFile&) = delete;

  Status write_at(std::uint64_t offset, ByteView bytes);
  // How many bytes there were: fewer than asked for only at the end of the file.
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const;
  // The same bytes for somebody who sends them, as long as `file` is; nothing unless their ends are in memory.
  static std::optional<FileSlice> cached_slice(std::shared_ptr<const SegmentFile> file, std::uint64_t offset,
                                               std::size_t length);
  Status sync_data();  // fdatasync. Once it has failed, what is on the disk is unknown: it is never called again
  Status truncate(std::uint64_t size);
  // Gives [from, to) blocks, so that writes there find space. kUnsupported where the file system cannot.
  Status preallocate(std::uint64_t from, std::uint64_t to);
  Result<std::uint64_t> size() const;

 private:
  explicit SegmentFile(int fd) : fd_(fd) {}
  static Result<std::shared_ptr<SegmentFile>> open(const std::string& path, int flags);
  const int fd_;
};

// Makes created and removed names of a directory durable.
Status sync_directory(const std::string& path);
Status remove_file(const std::string& path);  // success when it is not there
// Whether files of this directory take O_DIRECT writes.
Result<WriteMode> probe_write_mode(const std::string& directory);

}  // namespace objstore::storage
