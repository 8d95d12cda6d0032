#include "server/http/census.h"

#include <catch2/catch.hpp>

using namespace objstore::http;

namespace {

// How often leave() said that memory is worth giving back.
int leave(Census& census, std::size_t count) {
  int told = 0;
  for (std::size_t i = 0; i < count; ++i) told += census.leave("a") ? 1 : 0;
  return told;
}

void enter(Census& census, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) REQUIRE(census.enter("a"));
}

Limits wide() {
  Limits limits;
  limits.connections_max = limits.connections_per_peer_max = 100 * Census::kCrowd;
  return limits;
}

}  // namespace

TEST_CASE("connections are counted in all and for each address") {
  Limits limits;
  limits.connections_max = 3;
  limits.connections_per_peer_max = 2;
  Census census(limits);
  CHECK(census.enter("a"));
  CHECK(census.enter("a"));
  CHECK_FALSE(census.enter("a"));
  CHECK(census.enter("b"));
  CHECK_FALSE(census.enter("c"));
  census.leave("a");
  CHECK(census.enter("c"));
  CHECK(census.total() == 3);
}

TEST_CASE("memory is given back each time that half of a crowd has left") {
  Census census(wide());
  enter(census, 16 * Census::kCrowd);
  CHECK(leave(census, 8 * Census::kCrowd - 1) == 0);
  CHECK(leave(census, 1) == 1);
  CHECK(leave(census, 8 * Census::kCrowd) == 4);  // at 4, 2, 1 and 0 times the crowd
  CHECK(census.total() == 0);
}

TEST_CASE("a few connections that come and go are no crowd") {
  Census census(wide());
  for (int round = 0; round < 100; ++round) {
    enter(census, Census::kCrowd - 1);
    CHECK(leave(census, Census::kCrowd - 1) == 0);
  }
}
