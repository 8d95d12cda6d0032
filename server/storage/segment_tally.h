// What the chunk rows say of the segments: which there are, and how many bytes of each are named. Part of a check; one
// thread.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "server/storage/segment_store.h"

namespace objstore::storage {

class SegmentTally {
 public:
  explicit SegmentTally(const std::vector<SegmentInfo>& segments) {
    for (const SegmentInfo& segment : segments) written_[segment.id] = segment.written_bytes;
  }
  bool exists(std::uint64_t segment) const { return written_.contains(segment); }
  bool holds(const Location& location) const {
    const auto found = written_.find(location.segment);
    return found != written_.end() && location.offset < found->second &&
           location.length <= found->second - location.offset;
  }
  void name(const Location& location) { live_[location.segment] += location.length; }
  const std::unordered_map<std::uint64_t, std::uint64_t>& live() const { return live_; }

 private:
  std::unordered_map<std::uint64_t, std::uint64_t> written_;
  std::unordered_map<std::uint64_t, std::uint64_t> live_;
};

}  // namespace objstore::storage
