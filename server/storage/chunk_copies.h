// The copies of a chunk: reading one, moving one, making one anew. What the compactor, the scrubber and the reader of
// objects share. Any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/storage/engine.h"

namespace objstore::storage {

enum class Verify : std::uint8_t {
  kRecord,   // the checksums of the record, and that it is this chunk's
  kContent,  // also that the SHA-256 of the raw bytes is the chunk's id
};

// The record of a copy as it is stored. kCorrupt: damaged, or another chunk's. kNotFound: no such segment. kIo,
// kUnavailable: this disk does not give it now.
Result<StoredChunk> read_record(Engine& engine, const ChunkKey& chunk, std::uint32_t raw_size, const Location& location,
                                Verify verify);
// That the raw bytes of a record are those of its chunk. kCorrupt.
Status verify_content(Engine& engine, const StoredChunk& stored);
// The raw bytes of a record that has been read.
Result<Buffer> raw_bytes(Engine& engine, StoredChunk stored);

// Adds to a batch that the row, stored as `bytes` and decoded as `row`, has `placements` from now on; the live bytes of
// segments follow.
void replace_placements(Batch& batch, const ChunkKey& chunk, const std::string& bytes, const ChunkRow& row,
                        std::vector<Placement> placements);

// Another copy of a record, in the lane of background work, not on the disks of `apart_from`. As
// SegmentStore::append_copy.
Result<Location> append_again(Engine& engine, const StoredChunk& stored, std::span<const std::uint64_t> apart_from);

enum class Repair : std::uint8_t {
  kNothingToDo,  // every copy that there should be is good, or the chunk is gone
  kRepaired,     // and now they are
  kImpossible,   // no copy is good, or no other disk is there
};
// Reads every copy of a chunk, quarantines what is damaged, and writes anew what is missing. Waits for the commit.
Result<Repair> repair_chunk(Engine& engine, const ChunkKey& chunk);

}  // namespace objstore::storage
