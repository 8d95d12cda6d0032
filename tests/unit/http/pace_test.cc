#include "server/http/pace.h"

#include <catch2/catch.hpp>

namespace objstore::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const Pace::Time kNow{};

TEST_CASE("a peer has its grace, and then what it has earned") {
  Pace pace(seconds(10), seconds(60), 1000);
  CHECK(pace.deadline(kNow) == kNow + seconds(10));
  pace.moved(0, seconds(4));
  CHECK(pace.deadline(kNow) == kNow + seconds(6));
  pace.moved(3000, seconds(1));
  CHECK(pace.deadline(kNow) == kNow + seconds(8));
  pace.moved(0, seconds(8));
  CHECK_FALSE(pace.deadline(kNow));
}

TEST_CASE("a fast peer may not stall for ever") {
  Pace pace(seconds(10), seconds(60), 1000);
  pace.moved(1'000'000'000'000, milliseconds(1));
  CHECK(pace.deadline(kNow) == kNow + seconds(60));
}

TEST_CASE("a minimum rate of nothing is taken as one byte a second") {
  const Pace pace(seconds(1), seconds(60), 0);
  CHECK(pace.deadline(kNow) == kNow + seconds(1));
}

}  // namespace
}  // namespace objstore::http
