#include "client/lib/part_file.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "common/wire/checksum.h"

namespace objstore::client {
namespace {

// An entry of the table in the file: bytes that are there and their CRC, big-endian. Zeros: nothing is there.
constexpr std::size_t kEntryBytes = 16;
// A kill loses at most so much of each segment, and a slow link writes an entry only every so often.
constexpr std::uint64_t kRecordEveryBytes = std::uint64_t{1} << 20;
constexpr std::size_t kReadBlockBytes = 256 * 1024;

}  // namespace

PartFile::PartFile(std::unique_ptr<FileSink> sink, std::uint64_t size)
    : sink_(std::move(sink)), size_(size), table_(segments_of(size)) {}

Result<std::unique_ptr<PartFile>> PartFile::open(std::unique_ptr<FileSink> sink, std::uint64_t size,
                                                 const std::stop_token& stop) {
  std::unique_ptr<PartFile> file(new PartFile(std::move(sink), size));
  const std::uint64_t whole = size + file->table_.size() * kEntryBytes;
  if (file->sink_->kept_size() == whole) {
    OBJSTORE_TRY(file->believe_table(stop));
  } else {
    OBJSTORE_TRY(file->sink_->resize(0));
    OBJSTORE_TRY(file->sink_->resize(whole));
  }
  OBJSTORE_TRY(file->sink_->reserve(whole));
  return file;
}

Status PartFile::believe_table(const std::stop_token& stop) {
  std::string table(table_.size() * kEntryBytes, '\0');
  OBJSTORE_TRY(sink_->read_at(size_, std::as_writable_bytes(std::span(table))));
  std::vector<std::byte> block(kReadBlockBytes);
  for (std::size_t i = 0; i < table_.size(); ++i) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const std::string_view bytes = std::string_view(table).substr(i * kEntryBytes, kEntryBytes);
    const Entry entry{.done = read_u64_be(bytes), .recorded = read_u64_be(bytes), .crc = read_u64_be(bytes.substr(8))};
    if (entry.done == 0 || entry.done > length(i)) continue;
    OBJSTORE_ASSIGN(const bool holds, this->holds(i, entry, block));
    if (holds) table_[i] = entry;
  }
  return {};
}

Result<bool> PartFile::holds(std::size_t segment, const Entry& entry, std::vector<std::byte>& block) const {
  std::uint64_t crc = 0;
  for (std::uint64_t at = 0; at < entry.done;) {
    const auto piece =
        std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), entry.done - at)));
    OBJSTORE_TRY(sink_->read_at(start(segment) + at, piece));
    crc = wire::crc64nvme(crc, piece);
    at += piece.size();
  }
  return crc == entry.crc;
}

std::uint64_t PartFile::total_done() const noexcept {
  std::uint64_t bytes = 0;
  for (const Entry& entry : table_) bytes += entry.done;
  return bytes;
}

Status PartFile::record(std::size_t segment) {
  Entry& entry = table_[segment];
  std::string bytes;
  append_u64_be(bytes, entry.done);
  append_u64_be(bytes, entry.crc);
  entry.recorded = entry.done;
  return sink_->write_at(size_ + segment * kEntryBytes, as_bytes(bytes));
}

Status PartFile::write(std::size_t segment, ByteView bytes) {
  Entry& entry = table_[segment];
  OBJSTORE_TRY(sink_->write_at(start(segment) + entry.done, bytes));
  entry.crc = wire::crc64nvme(entry.crc, bytes);
  entry.done += bytes.size();
  if (entry.done < entry.recorded + kRecordEveryBytes && !complete(segment)) return {};
  return record(segment);
}

Result<std::string> PartFile::crc64nvme() const {
  std::vector<wire::PartChecksum> parts;
  for (std::size_t i = 0; i < table_.size(); ++i) {
    std::string raw;
    append_u64_be(raw, table_[i].crc);
    parts.push_back({.raw = std::move(raw), .length = length(i)});
  }
  OBJSTORE_ASSIGN(const std::string whole, wire::combine_checksums(wire::ChecksumAlgorithm::kCrc64Nvme, parts));
  return to_base64(as_bytes(whole));
}

Status PartFile::read(const std::function<void(ByteView)>& consume, const std::stop_token& stop) const {
  std::vector<std::byte> block(kReadBlockBytes);
  for (std::uint64_t at = 0; at < size_;) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const auto piece =
        std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), size_ - at)));
    OBJSTORE_TRY(sink_->read_at(at, piece));
    consume(piece);
    at += piece.size();
  }
  return {};
}

void PartFile::keep() noexcept {
  for (std::size_t i = 0; i < table_.size(); ++i) {
    const Entry& entry = table_[i];
    if (entry.recorded < entry.done) (void)record(i);  // else that much of it is fetched again
    if (entry.done < length(i)) sink_->give_back(start(i) + entry.done, length(i) - entry.done);
  }
  sink_->keep();
}

Status PartFile::commit(bool sync, std::int64_t modified_ms) {
  OBJSTORE_TRY(sink_->resize(size_));
  if (modified_ms != 0) OBJSTORE_TRY(sink_->set_time(modified_ms));
  return sink_->commit(sync);
}

}  // namespace objstore::client
