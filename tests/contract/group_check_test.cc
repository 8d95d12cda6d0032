// The check of a commit group, where the store below it fails.
#include "server/storage/group_check.h"

#include <catch2/catch.hpp>

#include "server/storage/recent_changes.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::GroupCheck;
using storage::Table;

TEST_CASE("a row that cannot be read refuses its batch only, and does not look like a failed log", "[group]") {
  const storage::RecentChanges recent;
  GroupCheck check(
      [](Table, std::string_view key) -> Result<std::optional<std::string>> {
        if (key == "bad sector") return fail(Errc::kIo, "no");
        if (key == "rotten") return fail(Errc::kCorrupt, "no");
        return std::nullopt;
      },
      recent);
  Batch unreadable;
  unreadable.expect_absent(Table::kObjects, "bad sector");
  unreadable.put(Table::kObjects, "a", "1");
  CHECK(check.admit(unreadable).error().code == Errc::kUnavailable);
  Batch rotten;
  rotten.add("rotten", 1);
  CHECK(check.admit(rotten).error().code == Errc::kCorrupt);
  CHECK(check.changes(Table::kObjects).empty());
  Batch good;
  good.put(Table::kObjects, "a", "1");
  CHECK(check.admit(good));
  CHECK(check.changes(Table::kObjects).size() == 1);
}

TEST_CASE("a counter of the wrong length refuses batches that count on it", "[group]") {
  const storage::RecentChanges recent;
  GroupCheck check([](Table, std::string_view) -> Result<std::optional<std::string>> { return "abc"; }, recent);
  Batch addition;
  addition.add("c", 1);
  CHECK(check.admit(addition).error().code == Errc::kCorrupt);
  Batch condition;
  condition.expect_counter("c", 1);
  CHECK(check.admit(condition).error().code == Errc::kCorrupt);
}

TEST_CASE("a row that was read as stated is read again only when a commit has touched it since", "[group]") {
  storage::RecentChanges recent;
  int reads = 0;
  const GroupCheck::Read read = [&](Table, std::string_view) -> Result<std::optional<std::string>> {
    ++reads;
    return "now";
  };
  const auto reads_for = [&](storage::Moment since) {
    GroupCheck check(read, recent);
    Batch batch;
    batch.expect(Table::kObjects, "a", "now");
    batch.read_since(since);
    reads = 0;
    CHECK(check.admit(batch));
    return reads;
  };
  const storage::Moment before = recent.now();
  CHECK(reads_for(storage::kNoMoment) == 1);
  CHECK(reads_for(before) == 0);

  GroupCheck change(read, recent);
  Batch write;
  write.put(Table::kObjects, "a", "now");
  CHECK(change.admit(write));
  recent.begin(change);
  const storage::Moment during = recent.now();
  CHECK(reads_for(during) == 1);
  recent.end();
  CHECK(reads_for(before) == 1);
  CHECK(reads_for(during) == 1);
  CHECK(reads_for(recent.now()) == 0);
}

TEST_CASE("a counter that starts is not looked up, and what its batch adds to it counts", "[group]") {
  const storage::RecentChanges recent;
  GroupCheck check([](Table, std::string_view) { return fail(Errc::kIo, "no"); }, recent);
  Batch batch;
  batch.start("b", 1);
  batch.add("b", 2);
  CHECK(check.admit(batch));
  CHECK(check.changes(Table::kCounts).at("b") == storage::encode_counter(3));
}

}  // namespace
}  // namespace objstore::test
