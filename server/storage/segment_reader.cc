#include "server/storage/segment_reader.h"

#include <array>
#include <filesystem>

#include "server/storage/segment_catalog.h"
#include "server/storage/segment_file.h"
#include "server/storage/segment_format.h"
#include "server/storage/segment_scan.h"

namespace objstore::storage {
namespace {

namespace fs = std::filesystem;

Result<std::optional<SegmentBlock>> read_block(const SegmentFile& file, std::uint64_t offset, BlockRole role) {
  std::array<std::byte, kBlockBytes> bytes;
  OBJSTORE_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  const auto block = decode_segment_block(ByteView(bytes).first(got), role);
  if (block) return *block;
  if (block.error().code == Errc::kUnsupported) return std::unexpected(block.error());
  return std::nullopt;
}

// The header has the epoch; the footer too, should the header be lost.
Result<std::uint64_t> epoch_of(const SegmentFile& file, std::uint64_t segment, std::uint64_t size) {
  OBJSTORE_ASSIGN(const auto header, read_block(file, 0, BlockRole::kHeader));
  if (header && header->segment == segment) return header->epoch;
  if (size >= 2 * kBlockBytes && size % kBlockBytes == 0) {
    OBJSTORE_ASSIGN(const auto footer, read_block(file, size - kBlockBytes, BlockRole::kFooter));
    if (footer && footer->segment == segment) return footer->epoch;
  }
  return fail(Errc::kCorrupt, "the segment has lost its header");
}

}  // namespace

SegmentReader::SegmentReader() : buffers_(std::make_unique<ReadBuffers>()) {}
SegmentReader::SegmentReader(SegmentReader&&) noexcept = default;
SegmentReader::~SegmentReader() = default;

Result<SegmentReader> SegmentReader::open(const std::vector<std::string>& directories) {
  SegmentReader reader;
  for (const std::string& directory : directories) {
    std::error_code error;
    fs::directory_iterator entry(directory, error);
    for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
      const auto id = parse_segment_file_name(entry->path().filename().native());
      if (id) reader.segments_[*id] = {entry->path().string(), entry->file_size(error)};
    }
    if (error && error != std::errc::no_such_file_or_directory)
      return fail(Errc::kIo, "listing the segments: " + error.message());
  }
  return reader;
}

std::vector<SegmentInfo> SegmentReader::list() const {
  std::vector<SegmentInfo> out;
  for (const auto& [id, segment] : segments_) out.push_back({.id = id, .written_bytes = segment.bytes, .sealed = true});
  return out;
}

Status SegmentReader::check_versions() {
  for (const auto& [id, segment] : segments_) {
    const auto file = SegmentFile::open_for_reading(segment.path);
    if (!file) continue;
    const auto epoch = epoch_of(**file, id, segment.bytes);
    if (!epoch && epoch.error().code == Errc::kUnsupported)
      return fail(Errc::kUnsupported, segment.path + ": " + epoch.error().message);
  }
  return {};
}

Result<SegmentReader::Open> SegmentReader::use(std::uint64_t segment) {
  if (const auto found = open_.find(segment); found != open_.end()) return found->second;
  const auto found = segments_.find(segment);
  if (found == segments_.end()) return fail(Errc::kNotFound, "no such segment");
  Open fresh;
  OBJSTORE_ASSIGN(fresh.file, SegmentFile::open_for_reading(found->second.path));
  OBJSTORE_ASSIGN(fresh.epoch, epoch_of(*fresh.file, segment, found->second.bytes));
  if (open_.size() == kOpenMax) open_.clear();
  open_[segment] = fresh;
  return fresh;
}

Result<StoredChunk> SegmentReader::read(const Location& location) {
  OBJSTORE_ASSIGN(const Open segment, use(location.segment));
  if (location.length < kRecordHeaderBytes || location.length > kRecordBytesMax)
    return fail(Errc::kCorrupt, "a location of a length that no record has");
  Buffer buffer = buffers_->acquire(location.length);
  const MutableBytes bytes = buffer.storage().first(location.length);
  OBJSTORE_ASSIGN(const std::size_t got, segment.file->read_at(location.offset, bytes));
  if (got < bytes.size()) return fail(Errc::kCorrupt, "a record is cut off");
  OBJSTORE_ASSIGN(const RecordHeader header, decode_chunk_record(bytes, {segment.epoch, location.offset}));
  return to_stored_chunk(header, std::move(buffer));
}

}  // namespace objstore::storage
