#include "server/storage/memory_metadata_store.h"

#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "common/base/check.h"
#include "server/storage/group_check.h"
#include "server/storage/recent_changes.h"

namespace objstore::storage {
namespace {

using Rows = std::map<std::string, std::string, std::less<>>;

// One table. A commit changes it in place while nobody has it pinned, else it continues on a copy.
struct TableState {
  Rows rows;
  std::atomic<int> pins = 0;
};

// Keeps a table as it is. shared_ptr: the store and its pins share the table. Counted by hand because use_count() is a
// relaxed load and would not order a reader's last look before the writer's change.
class Pin {
 public:
  explicit Pin(std::shared_ptr<TableState> table) : table_(std::move(table)) {
    table_->pins.fetch_add(1, std::memory_order_relaxed);
  }
  Pin(const Pin& other) : Pin(other.table_) {}
  Pin& operator=(const Pin&) = delete;
  ~Pin() { table_->pins.fetch_sub(1, std::memory_order_release); }
  const Rows& rows() const { return table_->rows; }

 private:
  std::shared_ptr<TableState> table_;
};

class MemoryCursor final : public Cursor {
 public:
  MemoryCursor(Pin table, std::string_view prefix) : table_(std::move(table)), prefix_(prefix) { seek(prefix_); }

  void seek(std::string_view key) override { at_ = table_.rows().lower_bound(key < prefix_ ? prefix_ : key); }
  void next() override {
    CHECK(valid());
    ++at_;
  }
  bool valid() const override { return at_ != table_.rows().end() && at_->first.starts_with(prefix_); }
  std::string_view key() const override {
    CHECK(valid());
    return at_->first;
  }
  std::string_view value() const override {
    CHECK(valid());
    return at_->second;
  }
  Status status() const override { return {}; }

 private:
  Pin table_;
  std::string prefix_;
  Rows::const_iterator at_;
};

std::optional<std::string> find(const Rows& rows, std::string_view key) {
  const auto found = rows.find(key);
  if (found == rows.end()) return std::nullopt;
  return found->second;
}

std::vector<std::optional<std::string>> find_all(const Rows& rows, std::span<const std::string> keys) {
  std::vector<std::optional<std::string>> out;
  out.reserve(keys.size());
  for (const std::string& key : keys) out.push_back(find(rows, key));
  return out;
}

class MemorySnapshot final : public MetadataReader {
 public:
  explicit MemorySnapshot(std::vector<Pin> tables) : tables_(std::move(tables)) {}

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return find(pin(table).rows(), key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return find_all(pin(table).rows(), keys);
  }
  std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const override {
    return std::make_unique<MemoryCursor>(pin(table), prefix);
  }

 private:
  const Pin& pin(Table table) const { return tables_[static_cast<std::size_t>(table)]; }
  std::vector<Pin> tables_;
};

class MemoryMetadataStore final : public MetadataStore {
 public:
  MemoryMetadataStore() {
    for (auto& table : tables_) table = std::make_shared<TableState>();
  }

  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    std::shared_lock lock(mutex_);
    return find(state(table)->rows, key);
  }

  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    std::shared_lock lock(mutex_);
    return find_all(state(table)->rows, keys);
  }

  std::unique_ptr<Cursor> scan(Table table, std::string_view prefix) const override {
    std::shared_lock lock(mutex_);
    return std::make_unique<MemoryCursor>(Pin(state(table)), prefix);
  }

  std::unique_ptr<MetadataReader> snapshot() const override {
    std::shared_lock lock(mutex_);
    std::vector<Pin> pins;
    pins.reserve(kTableCount);
    for (const auto& table : tables_) pins.emplace_back(table);
    return std::make_unique<MemorySnapshot>(std::move(pins));
  }

  std::vector<Status> commit(std::span<const Batch> group) override {
    std::unique_lock lock(mutex_);
    GroupCheck check(
        [this](Table table, std::string_view key) -> Result<std::optional<std::string>> {
          return find(state(table)->rows, key);
        },
        recent_);
    std::vector<Status> answers;
    answers.reserve(group.size());
    for (const Batch& batch : group) answers.push_back(check.admit(batch));
    recent_.begin(check);
    for (std::size_t i = 0; i < kTableCount; ++i) apply(tables_[i], check.changes(static_cast<Table>(i)));
    recent_.end();
    return answers;
  }

  Moment moment() const override { return recent_.now(); }

  Usage usage() const override {
    std::shared_lock lock(mutex_);
    Usage usage;
    for (const auto& table : tables_) {
      for (const auto& [key, value] : table->rows) usage.memory_bytes += key.size() + value.size();
    }
    return usage;
  }

  Status checkpoint(const std::string&) override {
    return fail(Errc::kUnsupported, "metadata in memory has no checkpoints");
  }

  Status clear(Table table) override {
    std::unique_lock lock(mutex_);
    // Whoever reads a snapshot keeps the old rows.
    tables_[static_cast<std::size_t>(table)] = std::make_shared<TableState>();
    return {};
  }

 private:
  static void apply(std::shared_ptr<TableState>& table, const GroupCheck::Changes& changes) {
    if (changes.empty()) return;
    // New pins are made under the lock that the caller holds, so the count can only fall here.
    if (table->pins.load(std::memory_order_acquire) > 0) {
      auto copy = std::make_shared<TableState>();
      copy->rows = table->rows;
      table = std::move(copy);
    }
    for (const auto& [key, value] : changes) {
      if (value) {
        table->rows.insert_or_assign(std::string(key), std::string(*value));
      } else if (const auto found = table->rows.find(key); found != table->rows.end()) {
        table->rows.erase(found);
      }
    }
  }

  const std::shared_ptr<TableState>& state(Table table) const { return tables_[static_cast<std::size_t>(table)]; }

  RecentChanges recent_;
  mutable std::shared_mutex mutex_;
  std::array<std::shared_ptr<TableState>, kTableCount> tables_;  // guarded by mutex_
};

}  // namespace

std::unique_ptr<MetadataStore> make_memory_metadata_store() {
  return std::make_unique<MemoryMetadataStore>();
}

}  // namespace objstore::storage
