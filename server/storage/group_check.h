// Decides which batches of a commit group hold, and what the group changes as a whole. Both metadata adapters use it,
// so that the rule "a batch sees the earlier batches of its group" is written once.
//
// Lives for one commit, on one thread. Keeps views of the batches' strings: they must outlive it. Within a batch
// additions are applied before writes, so an erase_counter has the last word.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/storage/metadata_store.h"

namespace objstore::storage {

class RecentChanges;

class GroupCheck {
 public:
  // What the store holds before the group.
  using Read = std::function<Result<std::optional<std::string>>(Table, std::string_view)>;
  // The last value of each key that the group writes; nothing: erased.
  using Changes = std::unordered_map<std::string_view, std::optional<std::string_view>>;

  // `recent` outlives the check.
  GroupCheck(Read read, const RecentChanges& recent) : read_(std::move(read)), recent_(recent) {}

  // Success: the batch is part of the group. Errors as MetadataStore::commit states them; the batch has no part in it.
  Status admit(const Batch& batch);

  const Changes& changes(Table table) const { return changes_[static_cast<std::size_t>(table)]; }

 private:
  struct Counter {
    std::int64_t value = 0;  // what is added, then what it comes to
    bool starts = false;
  };
  using Counters = std::unordered_map<std::string_view, Counter>;

  bool stays_as_read(const Batch& batch, const Batch::Condition& condition) const;
  Result<std::optional<std::string>> current(Table table, std::string_view key) const;
  Status check_conditions(const Batch& batch) const;
  Result<Counters> add_up(const Batch& batch) const;

  Read read_;
  const RecentChanges& recent_;
  std::array<Changes, kTableCount> changes_;
  std::deque<std::string> counters_;  // owns what changes_ refers to; a deque does not move its elements
};

}  // namespace objstore::storage
