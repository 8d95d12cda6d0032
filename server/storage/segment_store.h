// The segment port: append-only files of self-describing records. docs/formats/segment.md has the bytes.
//
// Adapters: local files (local_segment_store) and memory (memory_segment_store); both pass tests/contract. Every method
// may be called from any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/base/source.h"

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
// the eight that follow, so that its chunks stay together; what is moved and repaired has the last.
enum class Lane : std::uint8_t { kSmall = 0, kBackground = 9 };
inline constexpr std::uint8_t kLargeLanes = 8;
inline constexpr std::uint8_t kLaneCount = 10;

struct SegmentInfo {
  std::uint64_t id = 0;
  std::uint64_t written_bytes = 0;  // records and padding, header included
  bool sealed = false;              // nothing is appended any more
  bool pinned = false;              // somebody has appended to it what no metadata may name yet
};

// One of the directories that segments lie in.
struct DirectoryStatus {
  std::string path;
  std::string error;  // empty: in use. Else it is missing, or a write there has failed
  std::uint64_t segments = 0;
  std::uint64_t written_bytes = 0;
};

class SegmentStore {
 public:
  virtual ~SegmentStore() = default;

  // Queues a record behind what the lane holds; on as many disks as the store makes copies. Fewer come back when no
  // further disk works. A location names bytes only after a later sync() of this lane has succeeded, and not when its
  // segment is lost() then; a crash before leaves nothing, or dead space. The segments are pinned until unpin(). kIo:
  // the lane takes no more until the store is opened again, since what reached the disk is unknown. kNoSpace.
  virtual Result<std::vector<Location>> append(Lane lane, const ChunkRecord& record) = 0;

  // As append(): one copy, on another disk than those of the segments `apart_from`. kUnavailable when there is none.
  virtual Result<Location> append_copy(Lane lane, const ChunkRecord& record,
                                       std::span<const std::uint64_t> apart_from) = 0;

  // Ends one pin for each location: metadata names it by now, or nothing ever will.
  virtual void unpin(std::span<const Location> locations) = 0;

  // Everything appended to the lane before this call is on stable storage, but for what lies in lost segments, and its
  // blocks are never written again. Calls at the same time share one sync. A failed one is never retried: the lane
  // answers kIo from then on.
  virtual Status sync(Lane lane) = 0;

  // Why some lane takes no more until the store is opened again. Empty: all do.
  virtual std::string failure() const = 0;

  // The disk of the segment failed while records were on their way: those that were not synced by then never will be.
  virtual bool lost(std::uint64_t segment) const = 0;

  // The record at `location`, verified: header checksum, payload checksum, and the length. kCorrupt when it is damaged
  // or not a chunk record, kNotFound when the segment does not exist, kUnavailable when it may lie on a disk that is
  // missing.
  virtual Result<StoredChunk> read(const Location& location) = 0;

  // Where the payload of that record lies, neither read nor verified; only if the system seems to have it in memory, so
  // that sending it does not wait for the disk. Nothing also where records do not lie in files.
  virtual std::optional<FileSlice> payload_in_file(const Location& location) = 0;

  virtual std::vector<SegmentInfo> list() const = 0;
  virtual std::vector<DirectoryStatus> directories() const = 0;
  virtual std::size_t copies() const = 0;  // how many append() makes when all disks work

  // Deletes a sealed segment. Reads under way are not disturbed. Success when it does not exist; kConflict while it is
  // being appended to or pinned.
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
