#include "server/storage/chunk_copies.h"

#include <algorithm>
#include <utility>

#include "server/storage/codec.h"

namespace objstore::storage {
namespace {

std::vector<std::uint64_t> segments_of(std::span<const Placement> placements) {
  std::vector<std::uint64_t> segments;
  for (const Placement& placement : placements) segments.push_back(placement.location.segment);
  return segments;
}

// What reading every copy of a row has shown.
struct Examined {
  std::vector<Placement> good;
  std::vector<Placement> bad;          // damaged: the disk answers, and it is not what was written
  std::vector<Placement> unreachable;  // the disk does not answer
  std::optional<StoredChunk> record;   // of a good one
};

Examined examine(Engine& engine, const ChunkKey& chunk, const ChunkRow& row) {
  Examined out;
  for (const Placement& placement : row.placements) {
    auto stored = read_record(engine, chunk, row.raw_size, placement.location, Verify::kContent);
    if (stored && !placement.quarantined) {
      out.good.push_back(placement);
      if (!out.record) out.record = std::move(*stored);
    } else if (stored || stored.error().code == Errc::kCorrupt || stored.error().code == Errc::kNotFound) {
      out.bad.push_back({placement.location, true});
    } else {
      out.unreachable.push_back(placement);
    }
  }
  return out;
}

bool same_locations(const ChunkRow& a, const ChunkRow& b) {
  return std::ranges::equal(a.placements, b.placements,
                            [](const Placement& x, const Placement& y) { return x.location == y.location; });
}

// False when the row does not name the copies of `seen` any more.
Result<bool> swap_all(Engine& engine, const ChunkKey& chunk, const ChunkRow& seen, std::vector<Placement> placements,
                      std::span<const Location> fresh) {
  OBJSTORE_ASSIGN(const auto bytes, engine.metadata().get(Table::kChunks, chunk_key(chunk)));
  if (!bytes) return false;
  OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
  if (row.condemned || !same_locations(row, seen)) return false;
  Batch batch;
  replace_placements(batch, chunk, *bytes, row, std::move(placements));
  LaneSet lanes;
  for (const Location& location : fresh) {
    lanes.add(Lane::kBackground);
    lanes.add_segment(location.segment);
  }
  const auto done = engine.committer().submit(std::move(batch), std::move(lanes)).wait();
  if (!done && done.error().code == Errc::kConflict) return false;
  if (!done) return std::unexpected(done.error());
  return true;
}

}  // namespace

Result<StoredChunk> read_record(Engine& engine, const ChunkKey& chunk, std::uint32_t raw_size, const Location& location,
                                Verify verify) {
  OBJSTORE_ASSIGN(StoredChunk stored, engine.segments().read(location));
  if (stored.id != chunk.id || stored.domain != chunk.domain || stored.raw_size != raw_size) {
    return fail(Errc::kCorrupt, "another chunk lies where this one should");
  }
  if (verify == Verify::kContent) OBJSTORE_TRY(verify_content(engine, stored));
  return stored;
}

Status verify_content(Engine& engine, const StoredChunk& stored) {
  Buffer raw;
  ByteView bytes = stored.bytes.view();
  if (!stored.transforms.empty()) {
    raw = engine.chunk_buffer();
    OBJSTORE_TRY(decode_chunk(bytes, stored.transforms, stored.raw_size, raw));
    bytes = raw.view();
  }
  if (bytes.size() == stored.raw_size && sha256(bytes) == stored.id) return {};
  return fail(Errc::kCorrupt, "the bytes are not those of the chunk");
}

Result<Buffer> raw_bytes(Engine& engine, StoredChunk stored) {
  if (stored.transforms.empty()) return std::move(stored.bytes);
  Buffer raw = engine.chunk_buffer();
  OBJSTORE_TRY(decode_chunk(stored.bytes.view(), stored.transforms, stored.raw_size, raw));
  return raw;
}

void replace_placements(Batch& batch, const ChunkKey& chunk, const std::string& bytes, const ChunkRow& row,
                        std::vector<Placement> placements) {
  for (const Placement& placement : row.placements) {
    batch.add(segment_live_key(placement.location.segment), -static_cast<std::int64_t>(placement.location.length));
  }
  for (const Placement& placement : placements) {
    batch.add(segment_live_key(placement.location.segment), static_cast<std::int64_t>(placement.location.length));
  }
  ChunkRow fresh = row;
  fresh.placements = std::move(placements);
  batch.expect(Table::kChunks, chunk_key(chunk), bytes);
  batch.put(Table::kChunks, chunk_key(chunk), encode(fresh));
}

Result<Location> append_again(Engine& engine, const StoredChunk& stored, std::span<const std::uint64_t> apart_from) {
  ChunkRecord record;
  record.id = stored.id;
  record.domain = stored.domain;
  record.raw_size = stored.raw_size;
  record.transforms = stored.transforms;
  record.stored = stored.bytes.view();
  return engine.segments().append_copy(Lane::kBackground, record, apart_from);
}

Result<Repair> repair_chunk(Engine& engine, const ChunkKey& chunk) {
  OBJSTORE_ASSIGN(const auto bytes, engine.metadata().get(Table::kChunks, chunk_key(chunk)));
  if (!bytes) return Repair::kNothingToDo;
  OBJSTORE_ASSIGN(const ChunkRow row, decode_chunk(*bytes));
  if (row.condemned) return Repair::kNothingToDo;
  Examined found = examine(engine, chunk, row);
  // The chunk may have moved while it was read.
  OBJSTORE_ASSIGN(const auto now, engine.metadata().get(Table::kChunks, chunk_key(chunk)));
  if (now != bytes) return Repair::kNothingToDo;
  for (const Placement& placement : found.bad) engine.quarantine(chunk, placement.location);
  if (!found.record) return Repair::kImpossible;
  const std::size_t wanted = engine.segments().copies();
  const bool complete = found.good.size() >= wanted;
  if (complete && found.bad.empty() && found.unreachable.empty()) return Repair::kNothingToDo;

  std::vector<Placement> placements = found.good;
  std::vector<Location> fresh;
  while (placements.size() < wanted) {
    const auto placed = append_again(engine, *found.record, segments_of(placements));
    if (!placed) break;
    fresh.push_back(*placed);
    placements.push_back({*placed, false});
  }
  const bool enough = placements.size() >= wanted;
  // A copy that only cannot be reached now keeps its place until there are enough others.
  if (!enough) placements.insert(placements.end(), found.unreachable.begin(), found.unreachable.end());
  const auto committed = swap_all(engine, chunk, row, std::move(placements), fresh);
  engine.segments().unpin(fresh);
  if (!committed) return std::unexpected(committed.error());
  if (!*committed) return Repair::kNothingToDo;  // the row has changed; it comes again
  return enough ? Repair::kRepaired : Repair::kImpossible;
}

}  // namespace objstore::storage
