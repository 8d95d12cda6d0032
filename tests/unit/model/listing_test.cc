#include <set>

#include "server/model/prefixes.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;
using model::ListPage;
using model::ListQuery;

namespace {

struct Fixture {
  explicit Fixture(std::initializer_list<const char*> keys) {
    must(store.catalog().create_bucket(bucket_name("photos"), "alice", "").wait());
    must(store.catalog().create_bucket(bucket_name("photos2"), "alice", "").wait());
    must(put(store.catalog(), "photos2", "a-neighbour", "x"));
    for (const char* key : keys) must(put(store.catalog(), "photos", key, "x"));
  }
  ListPage list(const ListQuery& query) { return must(store.catalog().list(bucket_name("photos"), query)); }
  TestStore store;
};

// Keys, then common prefixes in angle brackets.
std::string text(const ListPage& page) {
  std::string all;
  for (const auto& object : page.objects) all.append(object.key) += " ";
  for (const auto& prefix : page.common_prefixes) all += "<" + prefix + "> ";
  return all;
}

// All pages of `size`, in one line.
std::string paged(Fixture& fixture, ListQuery query, std::size_t size) {
  std::string all;
  query.max_keys = size;
  for (int pages = 0; pages < 100; ++pages) {
    const ListPage page = fixture.list(query);
    all += text(page);
    if (!page.truncated) return all;
    REQUIRE(page.next_after > query.after);
    query.after = page.next_after;
  }
  FAIL("a listing that does not end");
  return all;
}

}  // namespace

TEST_CASE("keys come in the order of their bytes") {
  Fixture fixture({"b", "a", "B", "a/b", "a-b", "\xc3\xa4", "a\x01"});
  CHECK(text(fixture.list({})) == "B a a\x01 a-b a/b b \xc3\xa4 ");
}

TEST_CASE("a delimiter rolls up what lies below it") {
  Fixture fixture({"a", "a/1", "a/2", "b/1", "c", "d//1"});
  CHECK(text(fixture.list({.delimiter = "/"})) == "a c <a/> <b/> <d/> ");
  CHECK(text(fixture.list({.prefix = "a/", .delimiter = "/"})) == "a/1 a/2 ");
  CHECK(text(fixture.list({.prefix = "d/", .delimiter = "/"})) == "<d//> ");
  CHECK(text(fixture.list({.prefix = "a", .delimiter = "/"})) == "a <a/> ");
}

TEST_CASE("a delimiter may be longer than one byte, or never occur") {
  Fixture fixture({"a--1", "a--2", "b-1", "c"});
  CHECK(text(fixture.list({.delimiter = "--"})) == "b-1 c <a--> ");
  CHECK(text(fixture.list({.delimiter = "zz"})) == "a--1 a--2 b-1 c ");
}

TEST_CASE("pages of any size add up to the whole, with and without a delimiter") {
  Fixture fixture({"a", "a/1", "a/2", "a/3/x", "b/1", "b/2", "c", "d/1", "e"});
  for (const std::size_t size : {1u, 2u, 3u, 5u, 100u}) {
    CHECK(paged(fixture, {}, size) == "a a/1 a/2 a/3/x b/1 b/2 c d/1 e ");
    std::set<std::string> seen;
    std::string all = paged(fixture, {.delimiter = "/"}, size);
    std::size_t words = 0;
    for (std::size_t at = 0; (at = all.find(' ', at)) != std::string::npos; ++at) ++words;
    CHECK(words == 6);
    for (const char* word : {"a ", "c ", "e ", "<a/> ", "<b/> ", "<d/> "}) CHECK(all.find(word) != std::string::npos);
  }
}

TEST_CASE("a listing goes on behind a key that does not exist, and before the prefix") {
  Fixture fixture({"a", "b", "c"});
  CHECK(text(fixture.list({.after = "aa"})) == "b c ");
  CHECK(text(fixture.list({.prefix = "b", .after = "a"})) == "b ");
  CHECK(text(fixture.list({.prefix = "b", .after = "c"})).empty());
  CHECK(text(fixture.list({.after = "b"})) == "c ");
}

TEST_CASE("an empty page is asked for and given; it is not truncated") {
  Fixture fixture({"a"});
  const ListPage page = fixture.list({.max_keys = 0});
  CHECK(text(page).empty());
  CHECK_FALSE(page.truncated);
  CHECK(text(fixture.list({.prefix = "nothing"})).empty());
}

TEST_CASE("a page that is just full is not truncated") {
  Fixture fixture({"a", "b"});
  CHECK_FALSE(fixture.list({.max_keys = 2}).truncated);
  CHECK(fixture.list({.max_keys = 1}).truncated);
}

TEST_CASE("the successor of a prefix is behind everything with that prefix") {
  CHECK(model::successor("a/") == "a0");
  CHECK(model::successor("a\xff") == "b");
  CHECK_FALSE(model::successor("\xff\xff").has_value());
}
