// What commits have changed lately, so that a precondition on a row that was read a moment ago needs no second read.
//
// Keeps for each row, by a hash, the number of the last group that changed it, in a table of fixed size: rows that
// share a place only make each other look changed. now() and unchanged() may be called from any thread, all else by the
// committing one.
#pragma once

#include <atomic>
#include <string_view>
#include <vector>

#include "server/storage/group_check.h"

namespace objstore::storage {

class RecentChanges {
 public:
  RecentChanges() : last_(kPlaces) {}

  // What is read from here on contains every group up to this one.
  Moment now() const noexcept { return now_.load(std::memory_order_acquire); }
  // No group after `since` has changed the row, of those that had ended before this was asked. False may be a false
  // alarm.
  bool unchanged(Table table, std::string_view key, Moment since) const {
    return since != kNoMoment && last_[place(table, key)].load(std::memory_order_acquire) <= since;
  }
  // Before the first reader can see the group, and once all readers do.
  void begin(const GroupCheck& group);
  void end() noexcept { now_.fetch_add(1, std::memory_order_release); }

  static std::size_t place(Table table, std::string_view key);

 private:
  // At 10,000 uploads a second, what changes within 50 ms takes a tenth of it.
  static constexpr std::size_t kPlaces = std::size_t{1} << 16;

  std::atomic<Moment> now_{kNoMoment + 1};
  std::vector<std::atomic<Moment>> last_;
};

}  // namespace objstore::storage
