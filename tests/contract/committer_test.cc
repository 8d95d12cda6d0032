// The committer: order of durability, answers, and what happens when a sync fails.
#include "server/storage/committer.h"

#include <catch2/catch.hpp>
#include <latch>

#include "server/storage/memory_metadata_store.h"
#include "server/storage/memory_segment_store.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Committer;
using storage::Lane;
using storage::LaneSet;
using storage::MetadataStore;
using storage::Table;

// A metadata store whose commits can be held up and made to fail.
class GatedMetadata final : public MetadataStore {
 public:
  Result<std::optional<std::string>> get(Table table, std::string_view key) const override {
    return inner_->get(table, key);
  }
  Result<std::vector<std::optional<std::string>>> multi_get(Table table,
                                                            std::span<const std::string> keys) const override {
    return inner_->multi_get(table, keys);
  }
  std::unique_ptr<storage::Cursor> scan(Table table, std::string_view prefix) const override {
    return inner_->scan(table, prefix);
  }
  std::unique_ptr<storage::MetadataReader> snapshot() const override { return inner_->snapshot(); }
  std::vector<Status> commit(std::span<const Batch> group) override {
    ++groups;
    largest = std::max(largest, group.size());
    if (on_commit) on_commit();
    if (dead) return std::vector<Status>(group.size(), fail(Errc::kIo, "dead"));
    return inner_->commit(group);
  }
  storage::Moment moment() const override { return inner_->moment(); }
  Usage usage() const override { return inner_->usage(); }
  Status checkpoint(const std::string& directory) override { return inner_->checkpoint(directory); }
  Status clear(Table table) override { return inner_->clear(table); }

  std::function<void()> on_commit;  // set before the first commit
  bool dead = false;                // likewise, or from on_commit
  std::size_t groups = 0;
  std::size_t largest = 0;

 private:
  std::unique_ptr<MetadataStore> inner_ = storage::make_memory_metadata_store();
};

Batch put(std::string key) {
  Batch batch;
  batch.put(Table::kObjects, std::move(key), "v");
  return batch;
}

// Keeps the committer busy with a first group until release(): what is submitted meanwhile waits together.
class HeldGroup {
 public:
  explicit HeldGroup(GatedMetadata& metadata) {
    metadata.on_commit = [this] {
      if (std::exchange(first_, false)) {
        entered_.count_down();
        released_.wait();
      }
    };
  }
  Ticket<Done> begin(Committer& committer) {
    Ticket<Done> ticket = committer.submit(put("first"), {});
    entered_.wait();
    return ticket;
  }
  void release() { released_.count_down(); }

 private:
  std::latch released_{1};
  std::latch entered_{1};
  bool first_ = true;  // by the committer's thread only
};

LaneSet lanes(std::initializer_list<std::uint8_t> numbers) {
  LaneSet set;
  for (const std::uint8_t number : numbers) set.add(static_cast<Lane>(number));
  return set;
}

storage::Location append(storage::MemorySegmentStore& segments, std::uint8_t lane) {
  const std::string text = "bytes";
  storage::ChunkRecord record;
  record.stored = as_bytes(text);
  const auto locations = segments.append(static_cast<Lane>(lane), record);
  CHECK(locations.has_value());
  return locations->front();
}

TEST_CASE("a submitted batch is committed, and its ticket says so", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  Committer committer(metadata, segments);
  CHECK(committer.submit(put("k"), {}).wait());
  CHECK(metadata.get(Table::kObjects, "k")->has_value());
  CHECK(committer.failure().empty());
  CHECK(committer.stats().groups == 1);
  CHECK(committer.stats().batches == 1);
}

TEST_CASE("the lanes of a batch are synced before it is committed", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  const auto first = append(segments, 0);
  const auto second = append(segments, 5);
  const auto unrelated = append(segments, 6);
  bool synced = false;
  metadata.on_commit = [&] { synced = segments.read(first) && segments.read(second); };
  Committer committer(metadata, segments);
  REQUIRE(committer.submit(put("k"), lanes({0, 5})).wait());
  CHECK(synced);
  CHECK_FALSE(segments.read(unrelated));
}

TEST_CASE("of two batches that expect a key absent one wins, in one group too", "[committer][group-sees-group]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  HeldGroup held(metadata);
  Committer committer(metadata, segments);
  std::vector<Ticket<Done>> tickets;
  tickets.push_back(held.begin(committer));
  for (int i = 0; i < 2; ++i) {
    Batch batch = put("contended");
    batch.expect_absent(Table::kObjects, "contended");
    tickets.push_back(committer.submit(std::move(batch), {}));
  }
  held.release();
  CHECK(tickets[0].wait());
  const bool one = tickets[1].wait().has_value();
  const auto two = tickets[2].wait();
  CHECK(one);
  REQUIRE_FALSE(two);
  CHECK(two.error().code == Errc::kConflict);
  CHECK(committer.stats().conflicts == 1);
}

TEST_CASE("what waits while a group is written becomes one group", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  HeldGroup held(metadata);
  Committer committer(metadata, segments);
  std::vector<Ticket<Done>> tickets;
  tickets.push_back(held.begin(committer));
  for (int i = 0; i < 100; ++i) tickets.push_back(committer.submit(put(std::to_string(i)), {}));
  held.release();
  for (auto& ticket : tickets) CHECK(ticket.wait());
  CHECK(metadata.groups == 2);
  CHECK(metadata.largest == 100);
}

TEST_CASE("a group is bounded in batches and in bytes", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  HeldGroup held(metadata);
  Committer committer(metadata, segments);
  std::vector<Ticket<Done>> tickets;
  tickets.push_back(held.begin(committer));
  SECTION("batches") {
    for (int i = 0; i < 10000; ++i) tickets.push_back(committer.submit(put(std::to_string(i)), {}));
    held.release();
    for (auto& ticket : tickets) REQUIRE(ticket.wait());
    CHECK(metadata.groups == 4);
    CHECK(metadata.largest == 4096);
  }
  SECTION("bytes") {
    for (int i = 0; i < 12; ++i) {
      Batch batch;
      batch.put(Table::kInline, std::to_string(i), std::string(3 << 20, 'x'));
      tickets.push_back(committer.submit(std::move(batch), {}));
    }
    held.release();
    for (auto& ticket : tickets) REQUIRE(ticket.wait());
    CHECK(metadata.largest == 5);  // 15 MiB of at most 16
  }
}

TEST_CASE("a lane that cannot be synced fails its batches, is not asked again, and the others go on", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  append(segments, 2);
  segments.fail_next_sync(static_cast<Lane>(2));
  HeldGroup held(metadata);
  Committer committer(metadata, segments);
  auto holder = held.begin(committer);
  auto needs_lane = committer.submit(put("needs"), lanes({0, 2}));
  auto other_lane = committer.submit(put("other"), lanes({0}));
  auto no_lane = committer.submit(put("none"), {});
  held.release();
  CHECK(holder.wait());
  CHECK(needs_lane.wait().error().code == Errc::kIo);
  CHECK(other_lane.wait());
  CHECK(no_lane.wait());
  CHECK_FALSE(metadata.get(Table::kObjects, "needs")->has_value());
  CHECK(metadata.get(Table::kObjects, "other")->has_value());
  CHECK_FALSE(committer.failure().empty());
  CHECK(committer.submit(put("later"), lanes({0})).wait().error().code == Errc::kUnavailable);
  CHECK(committer.submit(put("metadata only"), {}).wait());
}

TEST_CASE("after a failed metadata write nothing is accepted any more", "[committer][failure-stops]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  metadata.dead = true;
  Committer committer(metadata, segments);
  CHECK(committer.submit(put("k"), {}).wait().error().code == Errc::kIo);
  CHECK_FALSE(committer.failure().empty());
  CHECK(committer.submit(put("k"), {}).wait().error().code == Errc::kUnavailable);
  CHECK(metadata.groups == 1);
}

TEST_CASE("destruction finishes what was submitted", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  std::vector<Ticket<Done>> tickets;
  {
    Committer committer(metadata, segments);
    for (int i = 0; i < 1000; ++i) tickets.push_back(committer.submit(put(std::to_string(i)), lanes({0})));
  }
  for (auto& ticket : tickets) CHECK(ticket.wait());
  CHECK(metadata.get(Table::kObjects, "999")->has_value());
}

TEST_CASE("a ticket's callback may submit again", "[committer]") {
  GatedMetadata metadata;
  storage::MemorySegmentStore segments;
  std::optional<Ticket<Done>> second;
  std::latch chained(1);
  Committer committer(metadata, segments);
  auto first = committer.submit(put("1"), {});
  first.on_ready([&] {
    second.emplace(committer.submit(put("2"), {}));
    chained.count_down();
  });
  chained.wait();
  CHECK(second->wait());
}

}  // namespace
}  // namespace objstore::test
