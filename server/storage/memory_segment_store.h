// The segment port in memory, for tests: the bytes are those of the local adapter, and what has not been synced cannot
// be read. The members below the port let a test play the disk and the power cut. Any thread.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "server/storage/read_buffers.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

class MemorySegmentStore final : public SegmentStore {
 public:
  explicit MemorySegmentStore(std::uint64_t segment_bytes_max = std::uint64_t{256} << 20);

  Result<std::vector<Location>> append(Lane lane, const ChunkRecord& record) override;
  // There is one imagined disk, so apart from nothing only.
  Result<Location> append_copy(Lane lane, const ChunkRecord& record,
                               std::span<const std::uint64_t> apart_from) override;
  void unpin(std::span<const Location> locations) override;
  std::string failure() const override;
  bool lost(std::uint64_t) const override { return false; }
  std::vector<DirectoryStatus> directories() const override { return {}; }
  std::size_t copies() const override { return 1; }
  Status sync(Lane lane) override;
  Result<StoredChunk> read(const Location& location) override;
  std::optional<FileSlice> payload_in_file(const Location&) override { return std::nullopt; }
  std::vector<SegmentInfo> list() const override;
  Status remove(std::uint64_t segment) override;
  Status seal(Lane lane) override;
  Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) override;

  // The bytes of a segment as they are on the imagined disk; empty when there is none.
  std::vector<std::byte> bytes(std::uint64_t segment) const;
  void set_bytes(std::uint64_t segment, std::vector<std::byte> bytes);
  // A power cut and the restart behind it: what was not synced is gone, what was open is sealed.
  void lose_unsynced();
  // The next sync of the lane fails, and with it the lane.
  void fail_next_sync(Lane lane);

 private:
  struct Segment {
    std::uint64_t epoch = 0;
    bool sealed = false;
    std::uint64_t pins = 0;
    std::vector<std::byte> synced;
    std::vector<std::byte> pending;  // appended behind `synced`
  };
  struct LaneState {
    std::optional<std::uint64_t> segment;
    bool fails_next = false;
    bool dead = false;
  };

  // mutex_ is held.
  LaneState& at(Lane lane);
  Segment& open_segment(LaneState& state, std::uint64_t record_bytes);
  static void settle(Segment& segment);
  Status sync_locked(LaneState& state);
  void seal_locked(LaneState& state);

  const std::uint64_t segment_bytes_max_;
  ReadBuffers buffers_;
  mutable std::mutex mutex_;
  std::uint64_t next_id_ = 1;                                   // guarded by mutex_
  std::map<std::uint64_t, std::shared_ptr<Segment>> segments_;  // guarded by mutex_
  std::array<LaneState, kLaneCount> lanes_;                     // guarded by mutex_
};

}  // namespace objstore::storage
