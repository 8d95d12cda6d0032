// Which records have been read and found good a short while ago: those may be sent again without another look, where
// the operator allows it. A fixed table in which newer ones push out older ones. Any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <vector>

#include "common/base/clock.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

class VerifiedLately {
 public:
  // good_for: zero, and nothing is ever remembered. The clock outlives it.
  VerifiedLately(const Clock& clock, std::chrono::seconds good_for);

  bool enabled() const noexcept { return good_for_.count() > 0; }
  // A record whose payload is the chunk itself has been verified just now.
  void note(const Location& location);
  bool holds(const Location& location);

 private:
  struct Place {
    Location location;
    std::chrono::steady_clock::time_point until;
  };
  Place& place_of(const Location& location);

  const Clock& clock_;
  const std::chrono::seconds good_for_;
  std::mutex mutex_;
  std::vector<Place> places_;  // guarded by mutex_; empty unless enabled
};

}  // namespace objstore::storage
