#include "common/wire/uri.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::wire;

TEST_CASE("escapes are decoded in either case, and '+' stays") {
  CHECK(percent_decode("a%2Fb%2fc+d%00e") == std::string("a/b/c+d\0e", 9));
  CHECK(percent_decode("") == "");
  CHECK(percent_decode("%E2%82%AC") == "\xE2\x82\xAC");
}

TEST_CASE("malformed escapes are refused") {
  for (const std::string_view bad : {"%", "%z", "%zz", "a%2", "%u0041", "%%41", "%4%31"}) {
    INFO(bad);
    REQUIRE_FALSE(percent_decode(bad));
    CHECK(percent_decode(bad).error().code == Errc::kInvalidArgument);
    CHECK_FALSE(QueryParams::parse(std::string("a=") + std::string(bad)));
  }
}

TEST_CASE("everything but the unreserved characters is encoded") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b/c+d%$\xC3\xBC") == "a%20b%2Fc%2Bd%25%24%C3%BC");
  CHECK(percent_encode("/a b/", Slash::kKeep) == "/a%20b/");
  CHECK(percent_encode(std::string_view("\0", 1)) == "%00");
}

TEST_CASE("a query is a list in its order") {
  const auto query = QueryParams::parse("uploads&prefix=a%2Fb&x=&x=2&&=v&marker=a+b&q=1=2");
  REQUIRE(query);
  CHECK(query->size() == 7);
  CHECK(query->find("uploads") == "");
  CHECK(query->find("prefix") == "a/b");
  CHECK(query->find("x") == "");
  CHECK(query->count("x") == 2);
  CHECK(query->find("") == "v");
  CHECK(query->find("marker") == "a b");
  CHECK(query->find("q") == "1=2");
  CHECK_FALSE(query->contains("Prefix"));
  CHECK(query->begin()->raw == "uploads");
  CHECK(std::next(query->begin())->raw == "prefix=a%2Fb");
}

TEST_CASE("an empty query has no parameters, and too many are refused") {
  CHECK(QueryParams::parse("")->empty());
  CHECK(QueryParams::parse("&&")->empty());
  std::string many;
  for (std::size_t i = 0; i <= QueryParams::kCountMax; ++i) many += "a&";
  CHECK(QueryParams::parse(many).error().code == Errc::kTooLarge);
}

TEST_CASE("a built query reads back as what was put in") {
  QueryBuilder builder;
  builder.add_flag("uploads").add("prefix", "a b+c&d=e").add("x", "");
  CHECK(builder.str() == "uploads&prefix=a%20b%2Bc%26d%3De&x=");
  CHECK(QueryParams::parse(builder.str())->find("prefix") == "a b+c&d=e");
}
