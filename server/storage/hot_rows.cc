#include "server/storage/hot_rows.h"

namespace objstore::storage {

std::optional<std::optional<std::string>> HotRows::find(Table table, std::string_view key) {
  Slot& slot = this->slot(table, key);
  std::lock_guard lock(slot.mutex);
  if (slot.table != table || slot.key != key || !recent_.unchanged(table, key, slot.moment)) return std::nullopt;
  return slot.value;
}

void HotRows::keep(Table table, std::string_view key, const std::optional<std::string>& value, Moment moment) {
  if (key.size() + (value ? value->size() : 0) > kBytesMax) return;
  Slot& slot = this->slot(table, key);
  std::lock_guard lock(slot.mutex);
  slot.table = table;
  slot.key = key;
  slot.value = value;
  slot.moment = moment;
}

void HotRows::clear() {
  for (Slot& slot : slots_) {
    std::lock_guard lock(slot.mutex);
    slot.moment = kNoMoment;
  }
}

}  // namespace objstore::storage
