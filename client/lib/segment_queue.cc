#include "client/lib/segment_queue.h"

#include <algorithm>
#include <utility>

namespace objstore::client {
namespace {

constexpr std::size_t kRunMax = 8;

}  // namespace

SegmentQueue::SegmentQueue(std::vector<SegmentState> segments, unsigned streams, std::size_t from)
    : streams_(streams), segments_(std::move(segments)), cursor_(from) {
  left_ = segments_.size() - static_cast<std::size_t>(std::ranges::count(segments_, SegmentState::kTaken));
}

// Behind the cursor first; then from the end of what is before it, so that the stream that reads there from the start
// is met as late as can be.
std::optional<std::size_t> SegmentQueue::next_begin(std::size_t share) {
  const auto free = [&](std::size_t i) { return segments_[i] != SegmentState::kTaken; };
  for (; cursor_ < segments_.size(); ++cursor_) {
    if (free(cursor_)) return cursor_;
  }
  std::size_t end = segments_.size();
  while (end > 0 && !free(end - 1)) --end;
  if (end == 0) return std::nullopt;
  std::size_t begin = end - 1;
  while (begin > 0 && end - begin < share && free(begin - 1) && segments_[begin] != SegmentState::kBegun) --begin;
  return begin;
}

std::optional<SegmentQueue::Run> SegmentQueue::take() {
  const std::lock_guard lock(mutex_);
  const std::size_t share = std::clamp<std::size_t>(left_ / (2 * std::size_t{streams_}), 1, kRunMax);
  const auto first = next_begin(share);
  if (!first) return std::nullopt;
  Run run{.first = *first, .count = 0};
  for (std::size_t i = *first; i < segments_.size() && run.count < share; ++i) {
    if (segments_[i] == SegmentState::kTaken || (i > *first && segments_[i] == SegmentState::kBegun)) break;
    segments_[i] = SegmentState::kTaken;
    ++run.count;
  }
  left_ -= run.count;
  return run;
}

bool SegmentQueue::take_segment(std::size_t segment) {
  const std::lock_guard lock(mutex_);
  if (segment >= segments_.size() || segments_[segment] != SegmentState::kAbsent) return false;
  segments_[segment] = SegmentState::kTaken;
  --left_;
  return true;
}

}  // namespace objstore::client
