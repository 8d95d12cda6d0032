// Commits that are under way at once, so that they form groups as those of many clients do. Of one thread.
#pragma once

#include <cstddef>
#include <deque>

#include "common/base/ticket.h"

namespace objstore::bench {

template <typename T>
class InFlight {
 public:
  static constexpr std::size_t kMax = 64;

  // Waits for the oldest when there are kMax. Its failure, or that of `ticket` itself later.
  Status add(Ticket<T> ticket) {
    tickets_.push_back(std::move(ticket));
    return tickets_.size() < kMax ? Status() : wait_oldest();
  }
  Status finish() {
    while (!tickets_.empty()) OBJSTORE_TRY(wait_oldest());
    return {};
  }

 private:
  Status wait_oldest() {
    Result<T> result = tickets_.front().wait();
    tickets_.pop_front();
    OBJSTORE_TRY(result);
    return {};
  }
  std::deque<Ticket<T>> tickets_;
};

}  // namespace objstore::bench
