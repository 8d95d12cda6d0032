// The rows that nearly every request asks for and hardly any changes (buckets, and what is configured for them), kept
// so that asking costs no look-up. A row is served only while no commit has touched it since it was read: whoever reads
// after a commit sees that commit. Any thread.
#pragma once

#include <array>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "server/storage/recent_changes.h"

namespace objstore::storage {

class HotRows {
 public:
  // `recent` outlives this.
  explicit HotRows(const RecentChanges& recent) : recent_(recent) {}

  static bool holds(Table table) noexcept { return table == Table::kBuckets || table == Table::kBucketDocuments; }
  // The outer one is nothing when the row has to be read.
  std::optional<std::optional<std::string>> find(Table table, std::string_view key);
  // A row, or that there is none, as it was read after `moment`.
  void keep(Table table, std::string_view key, const std::optional<std::string>& value, Moment moment);
  void clear();

 private:
  static constexpr std::size_t kSlots = 512;  // rows whose names share one drive each other out
  static constexpr std::size_t kBytesMax = 1024;

  struct Slot {
    std::mutex mutex;
    Table table = Table::kStore;
    std::string key;
    std::optional<std::string> value;
    Moment moment = kNoMoment;
  };
  Slot& slot(Table table, std::string_view key) { return slots_[RecentChanges::place(table, key) % kSlots]; }

  const RecentChanges& recent_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace objstore::storage
