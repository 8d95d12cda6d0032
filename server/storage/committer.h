// The committer: one thread that makes groups of commits durable. It swaps its queue, syncs every lane that a waiting
// commit touches, hands all batches to the metadata store as one synced group, and completes their tickets.
//
// submit() may be called from any thread; tickets complete on the committer's thread, so their callbacks must be short.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/ticket.h"
#include "server/storage/metadata_store.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

// A set of lanes, lane 0 being bit 0, and the segments in which a commit names what was appended to them.
class LaneSet {
 public:
  void add(Lane lane) noexcept { bits_ = static_cast<std::uint16_t>(bits_ | (1u << static_cast<unsigned>(lane))); }
  void add_segment(std::uint64_t segment) {
    if (segments_.empty() || segments_.back() != segment) segments_.push_back(segment);
  }
  const std::vector<std::uint64_t>& segments() const noexcept { return segments_; }
  bool contains(Lane lane) const noexcept { return (bits_ >> static_cast<unsigned>(lane)) & 1u; }
  bool empty() const noexcept { return bits_ == 0; }
  void merge_lanes(const LaneSet& other) noexcept { bits_ = static_cast<std::uint16_t>(bits_ | other.bits_); }

 private:
  std::uint16_t bits_ = 0;
  std::vector<std::uint64_t> segments_;
};

class Committer {
 public:
  // Both outlive the committer.
  Committer(MetadataStore& metadata, SegmentStore& segments);
  // Finishes what was submitted, then joins.
  ~Committer();
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // The ticket's errors are those of MetadataStore::commit; kIo also when a lane could not be synced (then the batch
  // was not applied). kConflict also when a segment that `lanes` names is lost. kUnavailable after a failure that
  // stopped all writing.
  Ticket<Done> submit(Batch batch, LaneSet lanes);

  // Empty while writing works; else why it has stopped (a failed sync). It does not come back before a restart.
  std::string failure() const;

  struct Stats {
    std::uint64_t groups = 0;
    std::uint64_t batches = 0;
    std::uint64_t conflicts = 0;
  };
  Stats stats() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::storage
