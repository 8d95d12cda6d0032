// The segment port: append-only files of self-describing records. docs/formats/segment.md has the bytes.
//
// Adapters: local files (local_segment_store) and memory (memory_segment_store); both pass tests/contract. Every method
// may be called from any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/digest.h"

namespace objstore::storage {

// Where a record lies. Part of the format (a placement of kind "segment").
struct Location {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;  // of the record's header, from the start of the segment
  std::uint32_t length = 0;  // header and payload
  bool operator==(const Location&) const = default;
};

// What was done to a chunk's bytes, in this order, before they were stored. Numbers are part of the format.
enum class Transform : std::uint8_t { kZstd = 1 };

struct ChunkRecord {
  Sha256 id{};                        // of the raw bytes
  std::uint32_t domain = 0;           // chunks are shared within one
  std::uint32_t raw_size = 0;         // before the transforms
  std::vector<Transform> transforms;  // at most 4; empty: stored as it is
  ByteView stored;                    // at most kStoredBytesMax
  static constexpr std::uint32_t kStoredBytesMax = std::uint32_t{4} << 20;
};

// A record that has been read: header and payload agree with their checksums.
struct StoredChunk {
  Sha256 id{};
  std::uint32_t domain = 0;
  std::uint32_t raw_size = 0;
  std::vector<Transform> transforms;
  Buffer bytes;  // the stored payload
};

// Which file an append goes to. Lane 0 is shared by small bodies and synced by the committer; a larger body uses one of
// the others, so that its chunks stay together.
enum class Lane : std::uint8_t { kSmall = 0 };
inline constexpr std::uint8_t kLaneCount = 9;

struct SegmentInfo {
  std::uint64_t id = 0;
  std::uint64_t written_bytes = 0;  // records and padding, header included
  bool sealed = false;              // nothing is appended any more
};

class SegmentStore {
 public:
  virtual ~SegmentStore() = default;

  // Queues a record behind what the lane holds. The location names bytes only after a later sync() of this lane has
  // succeeded; a crash before leaves nothing, or dead space. kIo, kNoSpace: the lane takes no more until the store is
  // opened again, since what reached the disk is unknown.
  virtual Result<Location> append(Lane lane, const ChunkRecord& record) = 0;

  // Everything appended to the lane before this call is on stable storage, and its blocks are never written again.
  // Calls at the same time share one sync. A failed one is never retried: the lane answers kIo from then on.
  virtual Status sync(Lane lane) = 0;

  // The record at `location`, verified: header checksum, payload checksum, and the length. kCorrupt when it is damaged
  // or not a chunk record, kNotFound when the segment does not exist.
  virtual Result<StoredChunk> read(const Location& location) = 0;

  virtual std::vector<SegmentInfo> list() const = 0;

  // Deletes a sealed segment. Reads under way are not disturbed. Success when it does not exist; kConflict while it is
  // being appended to.
  virtual Status remove(std::uint64_t segment) = 0;

  // Seals the segment that the lane appends to, if any; the next append opens another.
  virtual Status seal(Lane lane) = 0;

  // Calls `visit` for each readable chunk record, in order of offset, until it returns false. Damaged places are passed
  // over: a scan resumes at the next 4 KiB boundary. The payload has NOT been checked against the chunk id.
  struct Visited {
    Location location;
    const StoredChunk& chunk;
  };
  virtual Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) = 0;
};

}  // namespace objstore::storage
