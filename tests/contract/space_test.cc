// The free-space guard, against the disk of the temporary directory.
#include "server/storage/space.h"

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"

namespace objstore::test {
namespace {

using storage::SpaceGuard;
using storage::SpaceOptions;

class StoppedClock final : public Clock {
 public:
  UnixMillis now_ms() const override { return 0; }
  std::chrono::steady_clock::time_point steady_now() const override { return now; }
  std::chrono::steady_clock::time_point now;
};

SpaceOptions options_in(const TemporaryDirectory& directory, std::uint64_t reserve) {
  SpaceOptions options;
  options.directory = directory.path();
  options.reserve_bytes = reserve;
  options.ballast_bytes = 1 << 20;
  return options;
}

TEST_CASE("writes are admitted while enough stays free", "[space]") {
  const TemporaryDirectory directory;
  const StoppedClock clock;
  const auto guard = SpaceGuard::open(options_in(directory, 4096), clock);
  REQUIRE(guard);
  CHECK((*guard)->admit(4096));
  const auto space = (*guard)->space();
  REQUIRE(space);
  CHECK(space->available_bytes > 0);
  CHECK(space->total_bytes >= space->available_bytes);
  CHECK(space->reserve_bytes == 4096);
}

TEST_CASE("writes are refused where less than the reserve would stay", "[space]") {
  const TemporaryDirectory directory;
  const StoppedClock clock;
  const auto guard = SpaceGuard::open(options_in(directory, std::uint64_t{1} << 62), clock);
  REQUIRE(guard);
  CHECK((*guard)->admit(1).error().code == Errc::kNoSpace);
  CHECK((*guard)->admit(std::numeric_limits<std::uint64_t>::max()).error().code == Errc::kNoSpace);
}

TEST_CASE("what was admitted counts until the disk is asked again", "[space]") {
  const TemporaryDirectory directory;
  StoppedClock clock;
  const std::uint64_t mib = std::uint64_t{1} << 20;
  const auto probe = SpaceGuard::open(options_in(directory, 4096), clock);
  REQUIRE(probe);
  // 48 MiB above the reserve: others may write to this disk meanwhile, so the margins are wide.
  const std::uint64_t reserve = (*probe)->space()->available_bytes - 48 * mib;
  const auto guard = SpaceGuard::open(options_in(directory, reserve), clock);
  REQUIRE(guard);
  CHECK((*guard)->admit(30 * mib));
  CHECK((*guard)->admit(30 * mib).error().code == Errc::kNoSpace);
  clock.now += std::chrono::milliseconds(100);
  CHECK((*guard)->admit(30 * mib));  // nothing was written: asked again, the disk has the space
}

TEST_CASE("the ballast holds space back, and is there only once", "[space]") {
  const TemporaryDirectory directory;
  const StoppedClock clock;
  for (int i = 0; i < 2; ++i) REQUIRE(SpaceGuard::open(options_in(directory, 4096), clock));
  CHECK(std::filesystem::file_size(directory.path() + "/ballast") == 1 << 20);
}

TEST_CASE("without a choice the reserve is at least 256 MiB", "[space]") {
  const TemporaryDirectory directory;
  const StoppedClock clock;
  const auto guard = SpaceGuard::open(options_in(directory, 0), clock);
  REQUIRE(guard);
  CHECK((*guard)->space()->reserve_bytes >= std::uint64_t{256} << 20);
}

TEST_CASE("a directory that does not exist cannot be guarded", "[space]") {
  const StoppedClock clock;
  SpaceOptions options;
  options.directory = "/nonexistent/objstore";
  CHECK(SpaceGuard::open(options, clock).error().code == Errc::kIo);
}

}  // namespace
}  // namespace objstore::test
