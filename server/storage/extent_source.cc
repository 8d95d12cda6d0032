#include "server/storage/extent_source.h"

#include <algorithm>
#include <utility>

#include "common/base/log.h"
#include "server/storage/chunk_copies.h"

namespace objstore::storage {
namespace {

Error vanished(const char* what) {
  return {Errc::kCorrupt, std::string(what) + " that an object names does not exist"};
}

}  // namespace

ExtentSource::ExtentSource(Engine& engine, EpochGuard guard, Layout layout, std::uint64_t first, std::uint64_t length)
    : engine_(engine), guard_(std::move(guard)), layout_(std::move(layout)), skip_(first), left_(length) {
  extents_.assign(layout_.extents.begin(), layout_.extents.end());
}

Result<Buffer> ExtentSource::next() {
  if (left_ == 0) return Buffer();
  if (guard_.revoked()) return fail(Errc::kTimeout, "the download took too long");
  while (true) {
    if (!in_blob_) {
      OBJSTORE_ASSIGN(const bool more, next_extent());
      if (!more) return std::unexpected(Error{Errc::kCorrupt, "an object's extents are shorter than the object"});
    }
    OBJSTORE_ASSIGN(Buffer piece, next_piece());
    if (!piece.empty()) {
      left_ -= piece.size();
      return piece;
    }
  }
}

Result<bool> ExtentSource::next_extent() {
  while (true) {
    if (extents_.empty()) {
      OBJSTORE_ASSIGN(const bool more, load_manifest_page());
      if (!more) return false;
    }
    const Extent extent = extents_.front();
    extents_.pop_front();
    if (skip_ >= extent.length) {
      skip_ -= extent.length;
      continue;
    }
    OBJSTORE_TRY(enter_blob(extent));
    skip_ = 0;
    return true;
  }
}

Result<bool> ExtentSource::load_manifest_page() {
  if (next_manifest_page_ >= layout_.manifest_pages) return false;
  OBJSTORE_ASSIGN(const auto bytes,
                  engine_.metadata().get(Table::kManifests, page_key(layout_.manifest, next_manifest_page_)));
  if (!bytes) return std::unexpected(vanished("a manifest page"));
  OBJSTORE_ASSIGN(const auto page, decode_manifest_page(*bytes));
  extents_.assign(page.begin(), page.end());
  ++next_manifest_page_;
  return !page.empty();
}

Status ExtentSource::enter_blob(const Extent& extent) {
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kBlobs, id_key(extent.blob)));
  if (!bytes) return std::unexpected(vanished("a blob"));
  OBJSTORE_ASSIGN(blob_, decode_blob(*bytes));
  blob_id_ = extent.blob;
  chunks_ = std::move(blob_.chunks);
  next_chunk_ = 0;
  next_chunk_page_ = 0;
  blob_skip_ = extent.offset + skip_;
  blob_left_ = std::min(extent.length - skip_, left_);
  in_blob_ = true;
  return {};
}

Status ExtentSource::load_chunk_page() {
  if (next_chunk_page_ >= blob_.pages) {
    return fail(Errc::kCorrupt, "a blob's chunks are shorter than an extent of it");
  }
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kBlobPages, page_key(blob_id_, next_chunk_page_)));
  if (!bytes) return std::unexpected(vanished("a page of a blob"));
  OBJSTORE_ASSIGN(chunks_, decode_chunk_page(*bytes));
  next_chunk_ = 0;
  ++next_chunk_page_;
  return {};
}

Result<Buffer> ExtentSource::next_piece() {
  while (true) {
    while (next_chunk_ == chunks_.size()) OBJSTORE_TRY(load_chunk_page());
    const ChunkRef& chunk = chunks_[next_chunk_++];
    if (blob_skip_ >= chunk.raw_size) {
      blob_skip_ -= chunk.raw_size;
      continue;
    }
    OBJSTORE_ASSIGN(Buffer bytes, read_chunk(chunk));
    const Wanted wanted = take(chunk);
    const auto start = static_cast<std::size_t>(bytes.view().data() - bytes.storage().data());
    bytes.set_window(start + wanted.first, wanted.size);
    return bytes;
  }
}

// What is wanted of the next chunk, which is taken to have been given.
ExtentSource::Wanted ExtentSource::take(const ChunkRef& chunk) {
  Wanted wanted;
  wanted.first = static_cast<std::size_t>(std::exchange(blob_skip_, 0));
  wanted.size = static_cast<std::size_t>(std::min<std::uint64_t>(chunk.raw_size - wanted.first, blob_left_));
  blob_left_ -= wanted.size;
  if (blob_left_ == 0) in_blob_ = false;
  return wanted;
}

// Within a blob and a page of it that next() has opened. Whatever is unusual is left to next(), too.
std::optional<FileSlice> ExtentSource::next_in_file() {
  if (!engine_.verified_lately().enabled() || !in_blob_ || guard_.revoked()) return std::nullopt;
  if (next_chunk_ == chunks_.size() || blob_skip_ >= chunks_[next_chunk_].raw_size) return std::nullopt;
  const ChunkRef& chunk = chunks_[next_chunk_];
  std::optional<FileSlice> slice = in_file(chunk);
  if (!slice) return std::nullopt;
  ++next_chunk_;
  const Wanted wanted = take(chunk);
  slice->offset += wanted.first;
  slice->length = wanted.size;
  left_ -= wanted.size;
  return slice;
}

std::optional<FileSlice> ExtentSource::in_file(const ChunkRef& chunk) {
  const auto bytes = engine_.metadata().get(Table::kChunks, chunk_key({blob_.domain, chunk.id}));
  if (!bytes || !*bytes) return std::nullopt;
  const auto row = decode_chunk(**bytes);
  if (!row || row->raw_size != chunk.raw_size || row->placements.empty()) return std::nullopt;
  const Placement& placement = row->placements.front();
  if (placement.quarantined || !engine_.verified_lately().holds(placement.location)) return std::nullopt;
  auto slice = engine_.segments().payload_in_file(placement.location);
  if (!slice || slice->length != chunk.raw_size) return std::nullopt;
  return slice;
}

Result<Buffer> ExtentSource::read_chunk(const ChunkRef& chunk) {
  const ChunkKey key{blob_.domain, chunk.id};
  std::string seen;
  Error last{Errc::kCorrupt, "chunk " + to_hex(chunk.id) + " is damaged"};
  while (true) {
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kChunks, chunk_key(key)));
    if (!bytes) return std::unexpected(vanished("a chunk"));
    // A failure is believed only when the row still says the same: the chunk may have moved meanwhile.
    if (*bytes == seen) return std::unexpected(std::move(last));
    seen = *bytes;
    OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
    if (row.raw_size != chunk.raw_size) return fail(Errc::kCorrupt, "a chunk whose size is not what its blob says");
    bool moved = false;
    for (const Placement& placement : row.placements) {
      if (placement.quarantined || moved) continue;
      auto stored = read_record(engine_, key, row.raw_size, placement.location, Verify::kRecord);
      const bool is_plain = stored && stored->transforms.empty();
      auto raw = stored ? raw_bytes(engine_, std::move(*stored)) : std::unexpected(std::move(stored.error()));
      if (raw) {
        if (is_plain) engine_.verified_lately().note(placement.location);
        if (placement.location != row.placements.front().location) engine_.request_repair(key);
        return raw;
      }
      OBJSTORE_ASSIGN(const auto now, engine_.metadata().get(Table::kChunks, chunk_key(key)));
      moved = now != bytes;
      if (!moved) give_up_copy(key, placement.location, raw.error(), last);
    }
  }
}

// A damaged copy is marked; one whose disk does not answer is left for the scrubber to judge.
void ExtentSource::give_up_copy(const ChunkKey& key, const Location& location, const Error& error, Error& last) {
  log::error("a copy of a chunk cannot be read", {{"chunk", to_hex(key.id)}, {"error", error.message}});
  if (error.code == Errc::kCorrupt || error.code == Errc::kNotFound) {
    engine_.quarantine(key, location);
  } else {
    last = error;
  }
}

}  // namespace objstore::storage
