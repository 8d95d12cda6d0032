#include "server/storage/segment_recovery.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "common/base/log.h"
#include "server/storage/segment_scan.h"

namespace objstore::storage {
namespace {

using Block = std::array<std::byte, kBlockBytes>;

// What the first and the last block say of a segment.
struct Inspection {
  std::uint64_t size = 0;
  std::optional<SegmentBlock> header;
  std::optional<SegmentBlock> footer;
};

// Nothing when the block is damaged, or belongs to another segment.
Result<std::optional<SegmentBlock>> read_block(const SegmentFile& file, std::uint64_t segment, std::uint64_t offset,
                                               BlockRole role) {
  Block bytes;
  OBJSTORE_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  const Result<SegmentBlock> block = decode_segment_block(ByteView(bytes).first(got), role);
  if (!block && block.error().code != Errc::kCorrupt) return std::unexpected(block.error());
  if (!block || block->segment != segment) return std::nullopt;
  return *block;
}

Result<Inspection> inspect(const SegmentFile& file, std::uint64_t segment) {
  Inspection out;
  OBJSTORE_ASSIGN(out.size, file.size());
  OBJSTORE_ASSIGN(out.header, read_block(file, segment, 0, BlockRole::kHeader));
  if (out.size < 2 * kBlockBytes || out.size % kBlockBytes != 0) return out;
  const std::uint64_t last = out.size - kBlockBytes;
  OBJSTORE_ASSIGN(out.footer, read_block(file, segment, last, BlockRole::kFooter));
  // A payload may look like a footer, but cannot know the epoch.
  if (out.footer && (out.footer->end != last || (out.header && out.header->epoch != out.footer->epoch))) {
    out.footer.reset();
  }
  return out;
}

Result<bool> is_all_zero(const SegmentFile& file, ReadBuffers& buffers) {
  Buffer buffer = buffers.acquire(ChunkRecord::kStoredBytesMax);
  const MutableBytes bytes = buffer.storage();
  for (std::uint64_t at = 0;;) {
    OBJSTORE_ASSIGN(const std::size_t got, file.read_at(at, bytes));
    if (got == 0) return true;
    if (std::ranges::any_of(bytes.first(got), [](std::byte b) { return b != std::byte{0}; })) return false;
    at += got;
  }
}

// Where the segment ends after a crash: behind the last intact record, at a block boundary. The whole file is looked
// at, so that a damaged record in the middle does not cost the acknowledged ones behind it.
Result<std::uint64_t> find_end(const SegmentFile& file, const Inspection& found, ReadBuffers& buffers) {
  const ReadAt read = [&file](std::uint64_t offset, MutableBytes out) { return file.read_at(offset, out); };
  const ScanRange range{found.header->segment, found.header->epoch, kFirstRecordOffset, found.size};
  OBJSTORE_ASSIGN(const ScanSummary summary, scan_records(read, range, buffers, [](const auto&) { return true; }));
  // What cannot be read now may be readable later: nothing is cut off then.
  if (summary.unreadable > 0) return round_up_to_block(found.size);
  return round_up_to_block(summary.valid_end);
}

Result<SegmentCatalog::Entry> seal_open_segment(SegmentFile& file, const Inspection& found, ReadBuffers& buffers) {
  OBJSTORE_ASSIGN(const std::uint64_t end, find_end(file, found, buffers));
  Block footer;
  encode_segment_block({BlockRole::kFooter, found.header->segment, found.header->epoch, end}, footer);
  OBJSTORE_TRY(file.truncate(end));
  OBJSTORE_TRY(file.write_at(end, footer));
  OBJSTORE_TRY(file.sync_data());
  log::info("segment sealed after a crash",
            {{"segment", static_cast<std::int64_t>(found.header->segment)}, {"bytes", static_cast<std::int64_t>(end)}});
  return SegmentCatalog::Entry{.epoch = found.header->epoch, .written_bytes = end + kBlockBytes, .sealed = true};
}

Status recover_one(SegmentCatalog& catalog, DirectoryIndex directory, std::uint64_t segment, ReadBuffers& buffers) {
  const std::string path = catalog.path(directory, segment);
  if (catalog.find(segment)) return fail(Errc::kCorrupt, path + ": another directory has a segment of this name");
  OBJSTORE_ASSIGN(const auto file, SegmentFile::open_for_repair(path));
  const Result<Inspection> inspected = inspect(*file, segment);
  SegmentCatalog::Entry entry{.sealed = true, .directory = directory};
  if (!inspected) {
    log::error("a segment cannot be read", {{"file", path}, {"error", inspected.error().message}});
    entry.damaged = true;
    catalog.put(segment, entry);
    return {};
  }
  const Inspection& found = *inspected;
  entry.written_bytes = found.size;
  if (found.footer) {
    entry.epoch = found.footer->epoch;
    catalog.put(segment, entry);
    return {};
  }
  if (found.header) {
    OBJSTORE_ASSIGN(entry, seal_open_segment(*file, found, buffers));
    entry.directory = directory;
    catalog.put(segment, entry);
    return {};
  }
  // A crash while it was created leaves nothing but zeros: no record was ever in it.
  OBJSTORE_ASSIGN(const bool unused, is_all_zero(*file, buffers));
  if (unused) return remove_file(path);
  log::error("a segment has lost its header; what it holds cannot be read", {{"file", path}});
  entry.damaged = true;
  catalog.put(segment, entry);
  return {};
}

Result<std::vector<std::uint64_t>> segment_ids(const std::string& directory) {
  std::vector<std::uint64_t> ids;
  std::error_code error;
  std::filesystem::directory_iterator entry(directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (const auto id = parse_segment_file_name(entry->path().filename().native())) ids.push_back(*id);
  }
  if (error) return fail(Errc::kIo, "listing the segments: " + error.message());
  std::ranges::sort(ids);
  return ids;
}

// Refuses what a newer version has written before anything is changed.
Status check_versions(const SegmentCatalog& catalog, DirectoryIndex directory, const std::vector<std::uint64_t>& ids) {
  for (const std::uint64_t id : ids) {
    OBJSTORE_ASSIGN(const auto file, SegmentFile::open_for_reading(catalog.path(directory, id)));
    const Result<Inspection> found = inspect(*file, id);
    if (!found && found.error().code == Errc::kUnsupported) return std::unexpected(found.error());
  }
  return {};
}

}  // namespace

Status recover_segments(SegmentCatalog& catalog, ReadBuffers& buffers) {
  const SegmentDirectories& directories = catalog.directories();
  std::vector<std::vector<std::uint64_t>> ids(directories.size());
  for (DirectoryIndex i = 0; i < directories.size(); ++i) {
    if (directories.failed(i)) continue;
    OBJSTORE_ASSIGN(ids[i], segment_ids(directories.path(i)));
    OBJSTORE_TRY(check_versions(catalog, i, ids[i]));
  }
  for (DirectoryIndex i = 0; i < directories.size(); ++i) {
    if (directories.failed(i)) continue;
    for (const std::uint64_t id : ids[i]) OBJSTORE_TRY(recover_one(catalog, i, id, buffers));
    OBJSTORE_TRY(sync_directory(directories.path(i)));
  }
  return {};
}

}  // namespace objstore::storage
