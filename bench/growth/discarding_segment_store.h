// Segments without their bytes: locations and sizes are those that files of the local adapter would have, payload is
// thrown away. So an index of any size can be built on a small disk. Nothing can be read back. Any thread.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>

#include "server/storage/segment_store.h"

namespace objstore::bench {

class DiscardingSegmentStore final : public storage::SegmentStore {
 public:
  explicit DiscardingSegmentStore(std::uint64_t first_segment_id) : next_id_(first_segment_id) {}

  Result<std::vector<storage::Location>> append(storage::Lane lane, const storage::ChunkRecord& record) override;
  Result<storage::Location> append_copy(storage::Lane lane, const storage::ChunkRecord& record,
                                        std::span<const std::uint64_t> apart_from) override;
  void unpin(std::span<const storage::Location> locations) override;
  Status sync(storage::Lane lane) override;
  std::string failure() const override { return {}; }
  bool lost(std::uint64_t) const override { return false; }
  Result<storage::StoredChunk> read(const storage::Location& location) override;  // kNotFound
  std::optional<FileSlice> payload_in_file(const storage::Location&) override { return std::nullopt; }
  std::vector<storage::SegmentInfo> list() const override;
  std::vector<storage::DirectoryStatus> directories() const override { return {}; }
  std::size_t copies() const override { return 1; }
  Status remove(std::uint64_t segment) override;
  Status seal(storage::Lane lane) override;
  Status scan(std::uint64_t segment, const std::function<bool(const Visited&)>& visit) override;  // kNotFound

 private:
  struct Segment {
    std::uint64_t bytes = 0;
    std::uint64_t pins = 0;
    bool sealed = false;
  };
  // mutex_ is held.
  std::uint64_t segment_for(storage::Lane lane, std::uint64_t record_bytes);
  void seal_locked(std::optional<std::uint64_t>& lane);

  mutable std::mutex mutex_;
  std::uint64_t next_id_;                                                  // guarded by mutex_
  std::map<std::uint64_t, Segment> segments_;                              // guarded by mutex_
  std::array<std::optional<std::uint64_t>, storage::kLaneCount> lanes_{};  // what each appends to; guarded by mutex_
};

}  // namespace objstore::bench
