#include "server/storage/hot_rows.h"

#include <span>

namespace objstore::storage {

HotRows::Slot& HotRows::slot(Table table, std::string_view key) {
  const std::size_t place = RecentChanges::place(table, key);
  return is_setting(table) ? settings_[place % kSettingSlots] : content_[place % kContentSlots];
}

std::optional<std::optional<std::string>> HotRows::find(Table table, std::string_view key) {
  Slot& slot = this->slot(table, key);
  std::lock_guard lock(slot.mutex);
  if (slot.table != table || slot.key != key || !recent_.unchanged(table, key, slot.moment)) return std::nullopt;
  return slot.value;
}

void HotRows::keep(Table table, std::string_view key, const std::optional<std::string>& value, Moment moment) {
  if (!value && !is_setting(table)) return;
  if (key.size() + (value ? value->size() : 0) > kBytesMax) return;
  Slot& slot = this->slot(table, key);
  std::lock_guard lock(slot.mutex);
  slot.table = table;
  slot.key = key;
  slot.value = value;
  slot.moment = moment;
}

void HotRows::clear() {
  for (const std::span slots : {std::span(settings_.get(), kSettingSlots), std::span(content_.get(), kContentSlots)}) {
    for (Slot& slot : slots) {
      std::lock_guard lock(slot.mutex);
      slot.moment = kNoMoment;
    }
  }
}

}  // namespace objstore::storage
