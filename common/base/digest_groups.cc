#include "common/base/digest_groups.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <optional>
#include <span>

#include "common/base/executor.h"

namespace objstore {
namespace {

constexpr std::size_t kStepBlocks = 1024;  // 64 KiB: how long a group that has room does not look for company

}  // namespace

// Those who go on together.
class DigestGroups::Group {
 public:
  bool is_full() const noexcept { return size_ == members_.size(); }
  void add(Member& member) noexcept { members_[size_++] = &member; }
  // Nothing when the group is empty.
  Member* take_any() noexcept { return size_ > 0 ? members_[--size_] : nullptr; }
  void advance() noexcept;
  // Takes out those who have no block left, and tells them.
  void let_go() noexcept;

 private:
  std::array<Member*, BodyDigest::Steps::kTogetherMax> members_{};
  std::size_t size_ = 0;
};

struct DigestGroups::Member {
  explicit Member(BodyDigest::Steps& s) : steps(s) {}

  BodyDigest::Steps& steps;
  bool is_done = false;
  bool is_leader = false;  // has the place, and the group that goes with it
  Group group;             // of a leader; without itself while nobody runs
  std::condition_variable changed;
};

void DigestGroups::Group::advance() noexcept {
  std::array<BodyDigest::Steps*, BodyDigest::Steps::kTogetherMax> steps{};
  std::size_t blocks = is_full() ? SIZE_MAX : kStepBlocks;
  for (std::size_t i = 0; i < size_; ++i) {
    steps[i] = &members_[i]->steps;
    blocks = std::min(blocks, steps[i]->left());
  }
  BodyDigest::Steps::advance(std::span(steps).first(size_), blocks);
}

void DigestGroups::Group::let_go() noexcept {
  for (std::size_t i = size_; i-- > 0;) {
    Member& member = *members_[i];
    if (member.steps.left() > 0) continue;
    members_[i] = members_[--size_];
    member.is_done = true;
    member.changed.notify_one();
  }
}

Sha256 DigestGroups::chunk(BodyDigest& body, ByteView chunk) {
  std::optional<BodyDigest::Steps> mine = body.in_steps(chunk);
  if (!mine) return body.chunk(chunk);
  Member me(*mine);
  std::unique_lock lock(mutex_);
  if (free_ > 0) {
    --free_;
    me.is_leader = true;
  } else {
    waiting_.push_back(&me);
    const Blocking blocking;
    me.changed.wait(lock, [&] { return me.is_done || me.is_leader; });
  }
  if (!me.is_done) run(lock, me);
  lock.unlock();
  return mine->finish();
}

// With a place: until the leader is through. The place goes to one of the group that is not, or to whoever waits.
void DigestGroups::run(std::unique_lock<std::mutex>& lock, Member& leader) {
  Group group = leader.group;
  group.add(leader);
  const auto admit = [&] {
    for (; !group.is_full() && !waiting_.empty(); waiting_.pop_front()) group.add(*waiting_.front());
  };
  for (; !leader.is_done; group.let_go()) {
    admit();
    lock.unlock();
    group.advance();
    lock.lock();
  }
  admit();
  Member* const next = group.take_any();
  if (next == nullptr) {
    ++free_;
    return;
  }
  next->group = group;
  next->is_leader = true;
  next->changed.notify_one();
}

}  // namespace objstore
