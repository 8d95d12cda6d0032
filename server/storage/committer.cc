#include "server/storage/committer.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/base/log.h"

namespace objstore::storage {
namespace {

// What one synced metadata write may hold. More waits for the next group, so that neither memory nor the wait of those
// who came first grows with the queue.
constexpr std::size_t kGroupBatchesMax = 4096;
constexpr std::size_t kGroupBytesMax = std::size_t{16} << 20;

struct Waiting {
  Batch batch;
  LaneSet lanes;
  Promise<Done> promise;
};

// The batches of one group, and beside each its answer once there is one.
struct Group {
  std::vector<Waiting> waiting;
  std::vector<std::optional<Status>> answers;
};

}  // namespace

struct Committer::Impl {
  Impl(MetadataStore& m, SegmentStore& s) : metadata(m), segments(s), thread([this] { run(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    arrived.notify_one();
    thread.join();
  }

  void run();
  void process(Group group);
  void refuse_after_failure(Group& group);
  void sync_lanes(Group& group);
  void refuse_lost(Group& group);
  void commit(Group& group);
  void fail_writing(std::string_view what, const Error& error);

  MetadataStore& metadata;
  SegmentStore& segments;

  mutable std::mutex mutex;
  std::condition_variable arrived;
  std::deque<Waiting> queue;     // guarded by mutex
  bool stopping = false;         // guarded by mutex
  std::string failure;           // guarded by mutex
  bool metadata_failed = false;  // guarded by mutex
  Stats stats;                   // guarded by mutex

  std::thread thread;  // last: it uses all of the above
};

namespace {

Group take_group(std::deque<Waiting>& pending) {
  Group group;
  std::size_t bytes = 0;
  while (!pending.empty() && group.waiting.size() < kGroupBatchesMax) {
    bytes += pending.front().batch.bytes();
    if (!group.waiting.empty() && bytes > kGroupBytesMax) break;
    group.waiting.push_back(std::move(pending.front()));
    pending.pop_front();
  }
  group.answers.resize(group.waiting.size());
  return group;
}

}  // namespace

void Committer::Impl::run() {
  std::deque<Waiting> pending;
  for (;;) {
    {
      std::unique_lock lock(mutex);
      arrived.wait(lock, [this] { return stopping || !queue.empty(); });
      if (queue.empty()) return;
      pending.swap(queue);
    }
    while (!pending.empty()) process(take_group(pending));
  }
}

void Committer::Impl::process(Group group) {
  refuse_after_failure(group);
  sync_lanes(group);
  refuse_lost(group);
  commit(group);
  // Outside of the lock: a callback may submit again.
  for (std::size_t i = 0; i < group.waiting.size(); ++i) {
    Status& answer = *group.answers[i];
    Result<Done> result = Done{};
    if (!answer) result = std::unexpected(std::move(answer.error()));
    group.waiting[i].promise.complete(std::move(result));
  }
}

// What was queued before a failure became known.
void Committer::Impl::refuse_after_failure(Group& group) {
  std::lock_guard lock(mutex);
  if (failure.empty()) return;
  for (std::size_t i = 0; i < group.waiting.size(); ++i) {
    if (metadata_failed || !group.waiting[i].lanes.empty()) group.answers[i] = fail(Errc::kUnavailable, failure);
  }
}

void Committer::Impl::sync_lanes(Group& group) {
  LaneSet touched;
  for (std::size_t i = 0; i < group.waiting.size(); ++i) {
    if (!group.answers[i]) touched.merge_lanes(group.waiting[i].lanes);
  }
  for (std::uint8_t number = 0; number < kLaneCount; ++number) {
    const auto lane = static_cast<Lane>(number);
    if (!touched.contains(lane)) continue;
    const Status synced = segments.sync(lane);
    if (synced) continue;
    fail_writing("a segment could not be synced", synced.error());
    for (std::size_t i = 0; i < group.waiting.size(); ++i) {
      if (!group.answers[i] && group.waiting[i].lanes.contains(lane)) {
        group.answers[i] = fail(Errc::kIo, "the data could not be synced: " + synced.error().message);
      }
    }
  }
}

// A disk failed that others can do without. Whoever names what was on its way there builds the batch anew.
void Committer::Impl::refuse_lost(Group& group) {
  for (std::size_t i = 0; i < group.waiting.size(); ++i) {
    if (group.answers[i]) continue;
    const auto& named = group.waiting[i].lanes.segments();
    if (std::ranges::any_of(named, [this](std::uint64_t segment) { return segments.lost(segment); })) {
      group.answers[i] = fail(Errc::kConflict, "a disk failed before the data was on it");
    }
  }
}

void Committer::Impl::commit(Group& group) {
  std::vector<Batch> batches;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < group.waiting.size(); ++i) {
    if (group.answers[i]) continue;
    batches.push_back(std::move(group.waiting[i].batch));
    places.push_back(i);
  }
  if (batches.empty()) return;
  std::vector<Status> answers = metadata.commit(batches);
  std::uint64_t conflicts = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!answers[i] && answers[i].error().code == Errc::kConflict) ++conflicts;
    group.answers[places[i]] = std::move(answers[i]);
  }
  for (const std::size_t place : places) {
    const Status& answer = *group.answers[place];
    if (answer || answer.error().code != Errc::kIo) continue;
    fail_writing("the metadata could not be written", answer.error());
    std::lock_guard lock(mutex);
    metadata_failed = true;
    break;
  }
  std::lock_guard lock(mutex);
  ++stats.groups;
  stats.batches += batches.size();
  stats.conflicts += conflicts;
}

void Committer::Impl::fail_writing(std::string_view what, const Error& error) {
  log::error("writing stops until a restart", {{"cause", what}, {"error", error.message}});
  std::lock_guard lock(mutex);
  if (failure.empty()) failure = std::string(what) + ": " + error.message;
}

Committer::Committer(MetadataStore& metadata, SegmentStore& segments)
    : impl_(std::make_unique<Impl>(metadata, segments)) {}

Committer::~Committer() = default;

Ticket<Done> Committer::submit(Batch batch, LaneSet lanes) {
  Promise<Done> promise;
  Ticket<Done> ticket = promise.ticket();
  {
    std::lock_guard lock(impl_->mutex);
    if (!impl_->failure.empty() && (impl_->metadata_failed || !lanes.empty())) {
      return fail(Errc::kUnavailable, impl_->failure);
    }
    impl_->queue.push_back({std::move(batch), std::move(lanes), std::move(promise)});
    if (impl_->queue.size() > 1) return ticket;  // the thread has been woken, or is busy and will look
  }
  impl_->arrived.notify_one();
  return ticket;
}

std::string Committer::failure() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->failure;
}

Committer::Stats Committer::stats() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->stats;
}

}  // namespace objstore::storage
