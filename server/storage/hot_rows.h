// Rows that are asked for again and again, kept so that asking costs no look-up: those that nearly every request needs
// and hardly any changes (buckets, and what is configured for them), and those on the way to an object's bytes. A row
// is served only while no commit has touched it since it was read: whoever reads after a commit sees that commit. Any
// thread.
#pragma once

#include <memory>
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

  static bool holds(Table table) noexcept { return is_setting(table) || is_of_content(table); }
  // The outer one is nothing when the row has to be read.
  std::optional<std::optional<std::string>> find(Table table, std::string_view key);
  // A row, or that there is none, as it was read after `moment`. That content has no row is not kept: it is what an
  // upload asks before it makes one.
  void keep(Table table, std::string_view key, const std::optional<std::string>& value, Moment moment);
  void clear();

 private:
  // Rows whose names share a slot drive each other out.
  static constexpr std::size_t kSettingSlots = 512;
  static constexpr std::size_t kContentSlots = 16384;  // chunks of 4 GiB, at 256 KiB each
  static constexpr std::size_t kBytesMax = 1024;
  static bool is_setting(Table table) noexcept { return table == Table::kBuckets || table == Table::kBucketDocuments; }
  static bool is_of_content(Table table) noexcept {
    return table == Table::kObjects || table == Table::kBlobs || table == Table::kChunks;
  }

  struct Slot {
    std::mutex mutex;
    Table table = Table::kStore;
    std::string key;
    std::optional<std::string> value;
    Moment moment = kNoMoment;
  };
  Slot& slot(Table table, std::string_view key);

  const RecentChanges& recent_;
  // Separate, so that a setting is not driven out by what comes and goes.
  const std::unique_ptr<Slot[]> settings_ = std::make_unique<Slot[]>(kSettingSlots);
  const std::unique_ptr<Slot[]> content_ = std::make_unique<Slot[]>(kContentSlots);
};

}  // namespace objstore::storage
