#include "server/storage/segment_scan.h"

#include <algorithm>

namespace objstore::storage {
namespace {

constexpr std::size_t kWindowBytes = 128u << 10;

// A look at a few bytes anywhere in the segment, with one read for many looks that follow each other.
class Window {
 public:
  Window(const ReadAt& read, std::uint64_t end, ReadBuffers& buffers)
      : read_(read), end_(end), buffer_(buffers.acquire(kWindowBytes)) {}

  // Up to `size` bytes, fewer at the end; valid until the next look.
  Result<ByteView> look(std::uint64_t offset, std::size_t size) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, end_ - std::min(end_, offset)));
    if (offset < start_ || offset + wanted > start_ + held_) {
      const std::uint64_t most = std::min<std::uint64_t>(kWindowBytes, end_ - std::min(end_, offset));
      held_ = 0;
      start_ = offset;
      auto got = read_(offset, buffer_.storage().first(static_cast<std::size_t>(most)));
      // A bad sector further on must not hide what stands before it.
      if (!got) got = read_(offset, buffer_.storage().first(wanted));
      if (!got) return std::unexpected(std::move(got.error()));
      held_ = *got;
    }
    const std::size_t from = static_cast<std::size_t>(offset - start_);
    return ByteView(buffer_.storage()).subspan(from, std::min(wanted, held_ - from));
  }

 private:
  const ReadAt& read_;
  const std::uint64_t end_;
  Buffer buffer_;
  std::uint64_t start_ = 0;
  std::size_t held_ = 0;
};

Result<RecordHeader> look_at_header(Window& window, RecordPlace place) {
  OBJSTORE_ASSIGN(const ByteView bytes, window.look(place.offset, kRecordHeaderBytes));
  return decode_record_header(bytes, place);
}

// The record at `place` with its payload, or kCorrupt.
Result<StoredChunk> read_record(const ReadAt& read, const RecordHeader& header, std::uint64_t offset,
                                ReadBuffers& buffers) {
  const std::size_t size = kRecordHeaderBytes + header.stored_size;
  Buffer buffer = buffers.acquire(size);
  const MutableBytes bytes = buffer.storage().first(size);
  OBJSTORE_ASSIGN(const std::size_t got, read(offset, bytes));
  if (got < size) return fail(Errc::kCorrupt, "a record is cut off");
  OBJSTORE_TRY(verify_payload(header, bytes.subspan(kRecordHeaderBytes)));
  return to_stored_chunk(header, std::move(buffer));
}

}  // namespace

Result<ScanSummary> scan_records(const ReadAt& read, const ScanRange& range, ReadBuffers& buffers,
                                 const std::function<bool(const SegmentStore::Visited&)>& visit) {
  ScanSummary summary{range.begin, 0, 0};
  Window window(read, range.end, buffers);
  std::uint64_t at = range.begin;
  while (at < range.end) {
    const Result<RecordHeader> header = look_at_header(window, {range.epoch, at});
    if (!header) {
      if (header.error().code == Errc::kUnsupported) return std::unexpected(header.error());
      if (header.error().code == Errc::kIo) ++summary.unreadable;
      at = round_up_to_block(at + 1);
      continue;
    }
    const std::uint64_t size = kRecordHeaderBytes + header->stored_size;
    if (at + size > range.end) {  // its payload was never written whole
      at = round_up_to_block(at + 1);
      continue;
    }
    const Result<StoredChunk> chunk = read_record(read, *header, at, buffers);
    if (!chunk && chunk.error().code == Errc::kIo) ++summary.unreadable;
    if (chunk) {
      summary.valid_end = at + size;
      if (header->type == RecordType::kChunk) {
        ++summary.records;
        if (!visit({{range.segment, at, static_cast<std::uint32_t>(size)}, *chunk})) return summary;
      }
    }
    at += size;
  }
  return summary;
}

}  // namespace objstore::storage
