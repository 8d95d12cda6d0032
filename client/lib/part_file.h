// A file under construction whose segments arrive side by side and in any order.
//
// Behind the place of the object's last byte the temporary file has a table: for each segment how many bytes of it are
// there, from its start, and their CRC. So one file says all, also after a crash; and since what the table says is
// compared with the bytes before it is believed, a table and bytes that disagree (a power cut) cost a segment, not a
// wrong byte. commit() cuts the table off.
//
// Threads: different segments may be written at once; everything else belongs to one thread at a time.
#pragma once

#include <objstore/error.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "client/lib/file_sink.h"

namespace objstore::client {

class PartFile {
 public:
  static constexpr std::uint64_t kSegmentBytes = std::uint64_t{8} << 20;
  static std::size_t segments_of(std::uint64_t size) noexcept {
    return static_cast<std::size_t>((size + kSegmentBytes - 1) / kSegmentBytes);
  }

  // A file of `size` bytes. What the sink holds from an earlier call is believed as far as its table and its bytes
  // agree. kNoSpace when there is no room for all of it; kIo, kCancelled.
  static Result<std::unique_ptr<PartFile>> open(std::unique_ptr<FileSink> sink, std::uint64_t size,
                                                const std::stop_token& stop);

  std::uint64_t size() const noexcept { return size_; }
  std::size_t segments() const noexcept { return table_.size(); }
  std::uint64_t start(std::size_t segment) const noexcept { return segment * kSegmentBytes; }
  std::uint64_t length(std::size_t segment) const noexcept { return std::min(kSegmentBytes, size_ - start(segment)); }
  // Bytes of the segment that are there, from its start.
  std::uint64_t done(std::size_t segment) const noexcept { return table_[segment].done; }
  bool complete(std::size_t segment) const noexcept { return done(segment) == length(segment); }
  std::uint64_t total_done() const noexcept;

  // The next bytes of a segment.
  Status write(std::size_t segment, ByteView bytes);

  // Of a file that is complete: the base64 form of its CRC64NVME, which costs no reading.
  Result<std::string> crc64nvme() const;
  // All bytes in order.
  Status read(const std::function<void(ByteView)>& consume, const std::stop_token& stop) const;

  // What is there stays for another open() when this is destroyed; see FileSink::keep().
  void keep() noexcept;
  // modified_ms: the time of modification that the file gets; 0: when it was written.
  Status commit(bool sync, std::int64_t modified_ms);

 private:
  struct Entry {
    std::uint64_t done = 0;
    std::uint64_t recorded = 0;  // of it, as the file's table says
    std::uint64_t crc = 0;       // CRC64NVME of the bytes that are there
  };
  PartFile(std::unique_ptr<FileSink> sink, std::uint64_t size);
  Status believe_table(const std::stop_token& stop);
  Result<bool> holds(std::size_t segment, const Entry& entry, std::vector<std::byte>& block) const;
  Status record(std::size_t segment);

  const std::unique_ptr<FileSink> sink_;
  const std::uint64_t size_;
  std::vector<Entry> table_;
};

}  // namespace objstore::client
