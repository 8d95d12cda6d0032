// Lets a test come in between. A metadata store that runs something of the test's after a certain read, on the reader's
// thread, before the reader goes on with what it has read. So an interleaving is forced, and not hoped for.
//
// Wraps the store that the engine would have had (TestStore does so, see between()). Any thread.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "server/storage/metadata_store.h"

namespace objstore::test {

class InterleavedMetadata final : public storage::MetadataStore {
 public:
  using Table = storage::Table;
  using Value = std::optional<std::string>;

  explicit InterleavedMetadata(std::unique_ptr<storage::MetadataStore> inner) : inner_(std::move(inner)) {}

  // After the nth read from now on of a row whose key begins with `prefix`, `meanwhile` runs, once. A scan counts as a
  // read of the prefix that it is confined to. One of these at a time: the next one forgets the last.
  void after_read(Table table, std::string prefix, std::function<void()> meanwhile, int nth = 1) {
    std::lock_guard lock(mutex_);
    waiting_ = {table, std::move(prefix), std::move(meanwhile), nth};
    armed_ = true;
    came_ = false;
  }
  // What the last after_read() waited for has come, and `meanwhile` has returned.
  bool came() const {
    std::lock_guard lock(mutex_);
    return came_;
  }
  // A server that dies: so many batches are committed from now on, and none after them.
  void die_after(std::size_t batches) { left_ = batches; }
  // Waits until the row is as `wanted` says, by what other threads commit. False: not within ten seconds.
  bool await(Table table, const std::string& key, const std::function<bool(const Value&)>& wanted) const {
    std::unique_lock lock(mutex_);
    return committed_.wait_for(lock, std::chrono::seconds(10), [&] {
      const auto row = inner_->get(table, key);
      return row && wanted(*row);
    });
  }

  Result<Value> get(Table table, std::string_view key) const override {
    auto row = inner_->get(table, key);
    pass(table, key);
    return row;
  }
  Result<std::vector<Value>> multi_get(Table table, std::span<const std::string> keys) const override {
    auto rows = inner_->multi_get(table, keys);
    for (const std::string& key : keys) pass(table, key);
    return rows;
  }
  std::unique_ptr<storage::Cursor> scan(Table table, std::string_view prefix) const override {
    auto cursor = inner_->scan(table, prefix);
    pass(table, prefix);
    return cursor;
  }
  std::vector<Status> commit(std::span<const storage::Batch> group) override {
    const auto alive = group.first(std::min(group.size(), left_.load()));
    if (left_ != kForEver) left_ -= alive.size();
    auto answers = alive.empty() ? std::vector<Status>() : inner_->commit(alive);
    answers.resize(group.size(), fail(Errc::kIo, "the server has died"));
    // Under the lock, so that nobody who has just looked misses it.
    {
      std::lock_guard lock(mutex_);
    }
    committed_.notify_all();
    return answers;
  }
  std::unique_ptr<storage::MetadataReader> snapshot() const override { return inner_->snapshot(); }
  storage::Moment moment() const override { return inner_->moment(); }
  Usage usage() const override { return inner_->usage(); }
  Status checkpoint(const std::string& directory) override { return inner_->checkpoint(directory); }
  Status clear(Table table) override { return inner_->clear(table); }

 private:
  static constexpr std::size_t kForEver = ~std::size_t{0};

  struct Waiting {
    Table table{};
    std::string prefix;
    std::function<void()> meanwhile;
    int left = 0;
  };

  void pass(Table table, std::string_view key) const {
    if (!armed_) return;
    std::function<void()> meanwhile;
    {
      std::lock_guard lock(mutex_);
      if (!armed_ || table != waiting_.table || !key.starts_with(waiting_.prefix) || --waiting_.left > 0) return;
      armed_ = false;
      meanwhile = std::move(waiting_.meanwhile);
    }
    meanwhile();
    std::lock_guard lock(mutex_);
    came_ = true;
  }

  const std::unique_ptr<storage::MetadataStore> inner_;
  std::atomic<std::size_t> left_ = kForEver;  // batches until the server dies
  mutable std::mutex mutex_;
  mutable std::condition_variable committed_;
  mutable std::atomic<bool> armed_ = false;
  mutable Waiting waiting_;    // guarded by mutex_
  mutable bool came_ = false;  // guarded by mutex_
};

}  // namespace objstore::test
