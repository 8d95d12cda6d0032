#include "server/storage/group_check.h"

#include "server/storage/recent_changes.h"

namespace objstore::storage {

Status GroupCheck::admit(const Batch& batch) {
  if (batch.bytes() > Batch::kBytesMax) return fail(Errc::kTooLarge, "a metadata batch is larger than 4 MiB");
  OBJSTORE_TRY(check_conditions(batch));
  OBJSTORE_ASSIGN(const Counters counters, add_up(batch));
  for (const auto& [key, counter] : counters) {
    counters_.push_back(encode_counter(counter.value));
    changes_[static_cast<std::size_t>(Table::kCounts)][key] = counters_.back();
  }
  for (const Batch::Write& write : batch.writes()) {
    std::optional<std::string_view> value;
    if (write.value) value = *write.value;
    changes_[static_cast<std::size_t>(write.table)][write.key] = value;
  }
  return {};
}

Result<std::optional<std::string>> GroupCheck::current(Table table, std::string_view key) const {
  const Changes& changes = this->changes(table);
  if (const auto found = changes.find(key); found != changes.end()) {
    if (!found->second) return std::nullopt;
    return std::string(*found->second);
  }
  auto stored = read_(table, key);
  // kIo would say that the log has failed. Here nothing was written, and the caller may try again.
  if (!stored && stored.error().code == Errc::kIo) stored.error().code = Errc::kUnavailable;
  return stored;
}

// The row was read as the batch states it, and neither an earlier group nor this one has touched it since.
bool GroupCheck::stays_as_read(const Batch& batch, const Batch::Condition& condition) const {
  return !changes(condition.table).contains(condition.key) &&
         recent_.unchanged(condition.table, condition.key, batch.read_since());
}

Status GroupCheck::check_conditions(const Batch& batch) const {
  for (const Batch::Condition& condition : batch.conditions()) {
    if (stays_as_read(batch, condition)) continue;
    OBJSTORE_ASSIGN(const std::optional<std::string> stored, current(condition.table, condition.key));
    if (stored != condition.value) {
      return fail(Errc::kConflict, "a row of " + std::string(to_string(condition.table)) + " is not as expected");
    }
  }
  for (const Batch::CounterCondition& condition : batch.counter_conditions()) {
    OBJSTORE_ASSIGN(const std::optional<std::string> stored, current(Table::kCounts, condition.key));
    OBJSTORE_ASSIGN(const std::int64_t value, decode_counter(stored));
    if (value != condition.value) return fail(Errc::kConflict, "a counter is not as expected");
  }
  return {};
}

// The sum counts, not the order: a batch that takes one and adds one is right even where the counter is 0.
Result<GroupCheck::Counters> GroupCheck::add_up(const Batch& batch) const {
  Counters counters;
  for (const Batch::Addition& addition : batch.additions()) {
    Counter& counter = counters[addition.key];
    counter.starts |= addition.starts;
    if (__builtin_add_overflow(counter.value, addition.delta, &counter.value))
      return fail(Errc::kCorrupt, "a counter overflows");
  }
  for (auto& [key, counter] : counters) {
    std::int64_t before = 0;
    if (!counter.starts) {
      OBJSTORE_ASSIGN(const std::optional<std::string> stored, current(Table::kCounts, key));
      OBJSTORE_ASSIGN(before, decode_counter(stored));
    }
    if (__builtin_add_overflow(before, counter.value, &counter.value))
      return fail(Errc::kCorrupt, "a counter overflows");
    if (counter.value < 0) return fail(Errc::kCorrupt, "a counter would fall below 0");
  }
  return counters;
}

}  // namespace objstore::storage
