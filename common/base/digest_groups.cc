#include "common/base/digest_groups.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <exception>
#include <list>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "common/base/strand.h"

namespace objstore {
namespace {

constexpr std::size_t kStepBlocks = 1024;  // 64 KiB: how long a group that has room does not look for company

}  // namespace

// A stream where it meets the others.
struct DigestGroups::Stream::Member {
  struct Chunk {
    ByteView bytes;
    Named named;
  };

  explicit Member(BodyDigest& b) : body(b) {}
  bool is_served() const noexcept { return under_way <= left_max; }
  void begin() { steps.emplace(body.in_steps(chunk->bytes)); }
  void end() noexcept;

  BodyDigest& body;
  // Guarded by the table's mutex:
  std::list<Chunk> waiting;   // in order, behind `chunk`
  std::size_t under_way = 0;  // those, and `chunk`
  std::size_t left_max = 0;   // what its owner waits for
  bool is_asleep = false;     // its owner, until it is served or called to digest
  std::condition_variable changed;
  Status outcome;
  // Of whoever digests:
  std::optional<Chunk> chunk;
  std::optional<BodyDigest::Steps> steps;
  Status named;
};

// Its chunk has no block left.
void DigestGroups::Stream::Member::end() noexcept {
  const Sha256 name = steps->finish();
  steps.reset();
  try {
    if (named) chunk->named(name);
  } catch (const std::exception& e) {
    named = fail(Errc::kInternal, e.what());
  }
  chunk.reset();  // gives back what it holds before anybody hears of its end
}

// Those who go on together.
class DigestGroups::Group {
 public:
  using Member = Stream::Member;

  bool is_full() const noexcept { return size_ == members_.size(); }
  bool is_empty() const noexcept { return size_ == 0; }
  std::span<Member* const> members() const noexcept { return std::span(members_).first(size_); }
  void add(Member& member) noexcept;
  // A step of all.
  void advance() noexcept;
  // One whose chunk has come to its end, out of the group; null when there is none.
  Member* take_ended() noexcept;

 private:
  std::array<Member*, BodyDigest::Steps::kTogetherMax> members_{};
  std::size_t size_ = 0;
};

void DigestGroups::Group::add(Member& member) noexcept {
  member.chunk = std::move(member.waiting.front());
  member.waiting.pop_front();
  members_[size_++] = &member;
}

void DigestGroups::Group::advance() noexcept {
  std::array<BodyDigest::Steps*, BodyDigest::Steps::kTogetherMax> steps{};
  std::size_t blocks = is_full() ? SIZE_MAX : kStepBlocks;
  for (std::size_t i = 0; i < size_; ++i) {
    if (!members_[i]->steps) members_[i]->begin();
    steps[i] = &*members_[i]->steps;
    blocks = std::min(blocks, steps[i]->left());
  }
  BodyDigest::Steps::advance(std::span(steps).first(size_), blocks);
  for (Member* const member : members()) {
    if (member->steps->left() == 0) member->end();
  }
}

DigestGroups::Stream::Member* DigestGroups::Group::take_ended() noexcept {
  for (std::size_t i = size_; i-- > 0;) {
    if (!members_[i]->chunk) return std::exchange(members_[i], members_[--size_]);
  }
  return nullptr;
}

class DigestGroups::Table : public std::enable_shared_from_this<Table> {
 public:
  using Member = Stream::Member;
  using Lock = std::unique_lock<std::mutex>;

  Table(Executor& executor, std::size_t places) : executor_(executor), free_(places) {}

  Lock lock() { return Lock(mutex_); }
  // True when there is a group now that nobody digests.
  bool add(Member& member, ByteView bytes, Stream::Named named);
  // Asks the executor for a thread that does.
  void post();
  // Until at most so many of the member's chunks are under way.
  Status wait(Lock& lock, Member& member, std::size_t left_max);
  Executor& executor() { return executor_; }

 private:
  void lead(Lock& lock, Member* owner);
  void admit(Group& group);
  void let_go(Member& member);
  Member* sleeper(const Group& group);

  Executor& executor_;
  std::mutex mutex_;
  // Guarded by mutex_:
  std::size_t free_;               // places
  std::deque<Member*> waiting_;    // to be in a group, oldest first
  std::vector<Group> leaderless_;  // each with a place that some thread has been asked to take
};

bool DigestGroups::Table::add(Member& member, ByteView bytes, Stream::Named named) {
  member.waiting.push_back({bytes, std::move(named)});
  if (member.under_way++ > 0) return false;
  waiting_.push_back(&member);
  if (free_ == 0) return false;
  --free_;
  leaderless_.emplace_back();
  return true;
}

void DigestGroups::Table::post() {
  executor_.post([table = shared_from_this()] {
    Lock lock(table->mutex_);
    if (!table->leaderless_.empty()) table->lead(lock, nullptr);
  });
}

Status DigestGroups::Table::wait(Lock& lock, Member& member, std::size_t left_max) {
  member.left_max = left_max;
  while (!member.is_served()) {
    if (!leaderless_.empty()) {
      lead(lock, &member);
    } else {
      member.is_asleep = true;
      const Blocking blocking;
      member.changed.wait(lock);
      member.is_asleep = false;
    }
  }
  return member.outcome;
}

// Digests until nothing is left, or until the owner, whose thread this is, is served.
void DigestGroups::Table::lead(Lock& lock, Member* owner) {
  Group group = leaderless_.back();
  leaderless_.pop_back();
  for (admit(group); !group.is_empty(); admit(group)) {
    if (owner != nullptr && owner->is_served()) {
      leaderless_.push_back(group);
      if (Member* const next = sleeper(group)) {
        next->is_asleep = false;
        next->changed.notify_one();
        return;
      }
      lock.unlock();
      post();
      lock.lock();
      return;
    }
    lock.unlock();
    group.advance();
    lock.lock();
    while (Member* const ended = group.take_ended()) let_go(*ended);
  }
  ++free_;
}

void DigestGroups::Table::admit(Group& group) {
  for (; !group.is_full() && !waiting_.empty(); waiting_.pop_front()) group.add(*waiting_.front());
}

// A chunk is named. The stream's next one comes after the streams that wait; without a next one its owner may be gone
// when the lock is let go.
void DigestGroups::Table::let_go(Member& member) {
  if (!member.named) member.outcome = member.named;
  --member.under_way;
  if (!member.waiting.empty()) waiting_.push_back(&member);
  if (member.is_served()) member.changed.notify_one();
}

// Whose owner sleeps until it is served: it can take a place. So nobody ever waits for a thread that may not come.
DigestGroups::Stream::Member* DigestGroups::Table::sleeper(const Group& group) {
  const auto may_lead = [](const Member* member) { return member->is_asleep && !member->is_served(); };
  if (const auto in = std::ranges::find_if(group.members(), may_lead); in != group.members().end()) return *in;
  if (const auto out = std::ranges::find_if(waiting_, may_lead); out != waiting_.end()) return *out;
  return nullptr;
}

DigestGroups::DigestGroups(Executor& executor, std::size_t places)
    : table_(std::make_shared<Table>(executor, places)) {}

DigestGroups::~DigestGroups() = default;

DigestGroups::Stream::Stream(DigestGroups& groups, BodyDigest* body) : table_(groups.table_), body_(body) {
  if (body != nullptr && body->has_steps()) member_ = std::make_unique<Member>(*body);
}

DigestGroups::Stream::~Stream() {
  (void)wait();
}

Sha256 DigestGroups::Stream::digest_alone(ByteView bytes) {
  return body_ != nullptr ? body_->chunk(bytes) : sha256(bytes);
}

Sha256 DigestGroups::Stream::chunk(ByteView bytes) {
  if (!member_) return digest_alone(bytes);
  Sha256 name{};
  Table::Lock lock = table_->lock();
  table_->add(*member_, bytes, [&name](const Sha256& result) { name = result; });
  (void)table_->wait(lock, *member_, 0);
  return name;
}

void DigestGroups::Stream::add(ByteView bytes, Named named) {
  if (!member_) {
    if (!alone_) alone_ = std::make_unique<Strand>(table_->executor());
    (void)alone_->add([this, bytes, told = std::move(named)] mutable {
      told(digest_alone(bytes));
      return Status();
    });
    return;
  }
  Table::Lock lock = table_->lock();
  const bool needs_thread = table_->add(*member_, bytes, std::move(named));
  lock.unlock();
  if (needs_thread) table_->post();
}

Status DigestGroups::Stream::wait(std::size_t left_max) {
  if (alone_) return alone_->wait(left_max);
  if (!member_) return {};
  Table::Lock lock = table_->lock();
  return table_->wait(lock, *member_, left_max);
}

}  // namespace objstore
