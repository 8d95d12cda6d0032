#include "common/wire/etag.h"

#include <catch2/catch.hpp>

using namespace objstore::wire;

TEST_CASE("tags are quoted and unquoted") {
  CHECK(quote_etag("abc") == "\"abc\"");
  CHECK(unquote_etag("\"abc\"") == "abc");
  CHECK(unquote_etag("abc") == "abc");
  CHECK(unquote_etag("\"") == "\"");
  CHECK(unquote_etag("\"\"").empty());
}

TEST_CASE("If-Match compares strongly with each tag of its list") {
  for (const std::string_view yes : {"\"abc\"", "abc", "*", " * ", "\"x\", \"abc\"", "\"a,b\" ,\"abc\"", ",\"abc\""})
    CHECK(if_match_holds(yes, "abc"));
  for (const std::string_view no : {"", "\"abcd\"", "W/\"abc\"", "\"x\",\"y\"", "\"a,abc\"", "\"*\""})
    CHECK_FALSE(if_match_holds(no, "abc"));
}

TEST_CASE("If-None-Match compares weakly") {
  for (const std::string_view yes : {"\"abc\"", "abc", "*", "W/\"abc\"", "\"x\", W/\"abc\""})
    CHECK(if_none_match_hits(yes, "abc"));
  for (const std::string_view no : {"", "\"abcd\"", "\"ABC\"", "\"x\",\"y\""})
    CHECK_FALSE(if_none_match_hits(no, "abc"));
}
