// Which segments of a file are still to be fetched, handed out in runs to several streams. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace objstore::client {

enum class SegmentState : std::uint8_t {
  kAbsent,
  kBegun,  // some of it is there: a run begins with it, since its first bytes are not wanted
  kTaken,  // being fetched, or there
};

class SegmentQueue {
 public:
  struct Run {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  // streams: how many take from it. from: the first segment to be handed out by take(); those before it come last.
  SegmentQueue(std::vector<SegmentState> segments, unsigned streams, std::size_t from);

  // A run of adjacent segments. Long while much is left, since each run is a request; short towards the end, so that
  // all streams end at about the same time.
  std::optional<Run> take();
  // That segment, if nobody else has it: for a stream that has reached it anyway.
  bool take_segment(std::size_t segment);

 private:
  std::optional<std::size_t> next_begin(std::size_t share);

  const unsigned streams_;
  std::mutex mutex_;
  std::vector<SegmentState> segments_;  // all below: guarded by mutex_
  std::size_t left_ = 0;                // not taken
  std::size_t cursor_;
};

}  // namespace objstore::client
