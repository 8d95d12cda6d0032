// The check of a commit group, where the store below it fails.
#include "server/storage/group_check.h"

#include <catch2/catch.hpp>

namespace objstore::test {
namespace {

using storage::Batch;
using storage::GroupCheck;
using storage::Table;

TEST_CASE("a row that cannot be read refuses its batch only, and does not look like a failed log", "[group]") {
  GroupCheck check([](Table, std::string_view key) -> Result<std::optional<std::string>> {
    if (key == "bad sector") return fail(Errc::kIo, "no");
    if (key == "rotten") return fail(Errc::kCorrupt, "no");
    return std::nullopt;
  });
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
  GroupCheck check([](Table, std::string_view) -> Result<std::optional<std::string>> { return "abc"; });
  Batch addition;
  addition.add("c", 1);
  CHECK(check.admit(addition).error().code == Errc::kCorrupt);
  Batch condition;
  condition.expect_counter("c", 1);
  CHECK(check.admit(condition).error().code == Errc::kCorrupt);
}

}  // namespace
}  // namespace objstore::test
