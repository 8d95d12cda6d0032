#include "server/storage/recent_changes.h"

#include <functional>

namespace objstore::storage {

std::size_t RecentChanges::place(Table table, std::string_view key) {
  constexpr std::size_t kSpread = 0x9e3779b97f4a7c15;
  return (std::hash<std::string_view>()(key) + static_cast<std::size_t>(table) * kSpread) % kPlaces;
}

void RecentChanges::begin(const GroupCheck& group) {
  const Moment coming = now_.load(std::memory_order_relaxed) + 1;
  for (std::size_t i = 0; i < kTableCount; ++i) {
    const auto table = static_cast<Table>(i);
    for (const auto& [key, value] : group.changes(table))
      last_[place(table, key)].store(coming, std::memory_order_release);
  }
}

}  // namespace objstore::storage
