#include "common/base/digest_pairs.h"

#include <algorithm>
#include <condition_variable>
#include <optional>

#include "common/base/executor.h"

namespace objstore {
namespace {

constexpr std::size_t kStepBlocks = 1024;  // 64 KiB: how long whoever digests alone does not look for company

}  // namespace

struct DigestPairs::Waiting {
  explicit Waiting(BodyDigest::Steps& s) : steps(s) {}
  void become(bool done) {
    (done ? is_done : has_place) = true;
    changed.notify_one();
  }

  BodyDigest::Steps& steps;
  bool is_done = false;    // by somebody else
  bool has_place = false;  // goes on by itself
  std::condition_variable changed;
};

Sha256 DigestPairs::chunk(BodyDigest& body, ByteView chunk) {
  std::optional<BodyDigest::Steps> mine = body.in_steps(chunk);
  if (!mine) return body.chunk(chunk);
  std::unique_lock lock(mutex_);
  if (free_ > 0) {
    --free_;
  } else {
    Waiting me(*mine);
    waiting_.push_back(&me);
    {
      const Blocking blocking;
      me.changed.wait(lock, [&] { return me.is_done || me.has_place; });
    }
    if (me.is_done) {
      lock.unlock();
      return mine->finish();
    }
  }
  run(lock, *mine);
  lock.unlock();
  return mine->finish();
}

DigestPairs::Waiting* DigestPairs::next_waiting() {
  if (waiting_.empty()) return nullptr;
  Waiting* const next = waiting_.front();
  waiting_.pop_front();
  return next;
}

// With a place: until `mine` is through. The place goes to the companion that is not, or to whoever waits.
void DigestPairs::run(std::unique_lock<std::mutex>& lock, BodyDigest::Steps& mine) {
  Waiting* companion = nullptr;
  while (mine.left() > 0) {
    if (companion == nullptr) companion = next_waiting();
    lock.unlock();
    if (companion != nullptr)
      BodyDigest::Steps::advance_two(mine, companion->steps, std::min(mine.left(), companion->steps.left()));
    else
      mine.advance(std::min(mine.left(), kStepBlocks));
    lock.lock();
    if (companion != nullptr && companion->steps.left() == 0) {
      companion->become(true);
      companion = nullptr;
    }
  }
  if (companion == nullptr) companion = next_waiting();
  if (companion != nullptr)
    companion->become(false);
  else
    ++free_;
}

}  // namespace objstore
