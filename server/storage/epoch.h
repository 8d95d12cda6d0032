// Epochs: how a removal waits for whoever may still hold a name.
//
// Every upload, copy and read enters before its first look-up and holds its guard while it uses what it found. The
// collector makes something unreachable, calls advance(), and removes it when the epoch that it got has drained.
// Any thread. With several nodes this becomes a lease per node, so nothing else may know how it works.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

#include "common/base/clock.h"

namespace objstore::storage {

class Epochs;

// Move-only. An operation that has grown older than the limit is revoked: it may no longer rely on what it has found.
class EpochGuard {
 public:
  EpochGuard() = default;
  EpochGuard(EpochGuard&& other) noexcept;
  EpochGuard& operator=(EpochGuard&& other) noexcept;
  ~EpochGuard();
  bool revoked() const;

 private:
  friend class Epochs;
  struct Member {
    std::uint64_t epoch;
    std::chrono::steady_clock::time_point entered;
  };
  EpochGuard(Epochs* epochs, std::list<Member>::iterator member) : epochs_(epochs), member_(member) {}
  Epochs* epochs_ = nullptr;
  std::list<Member>::iterator member_;
};

class Epochs {
 public:
  // An operation is revoked at `age_max`, and no longer waited for kGrace later: by then the commit that it may have
  // been sending when it was revoked is over.
  static constexpr std::chrono::seconds kGrace{60};
  Epochs(const Clock& clock, std::chrono::seconds age_max) : clock_(clock), age_max_(age_max) {}

  EpochGuard enter();
  // Begins a new epoch; gives the one that ended. Whoever enters from now on is not of it.
  std::uint64_t advance();
  // No operation of `epoch` or an earlier one is running.
  bool drained(std::uint64_t epoch) const;
  std::size_t active() const;

 private:
  friend class EpochGuard;
  const Clock& clock_;
  const std::chrono::seconds age_max_;
  mutable std::mutex mutex_;
  std::uint64_t current_ = 1;              // guarded by mutex_
  std::list<EpochGuard::Member> members_;  // guarded by mutex_; in order of entry, so also of epoch
  std::list<EpochGuard::Member> spare_;    // guarded by mutex_; nodes to use again
};

}  // namespace objstore::storage
