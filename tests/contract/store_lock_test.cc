#include "server/storage/store_lock.h"

#include <unistd.h>

#include <catch2/catch.hpp>

#include "tests/support/temporary_directory.h"

namespace objstore::test {
namespace {

using storage::StoreLock;

TEST_CASE("a data directory is locked once, and free again afterwards", "[lock]") {
  const TemporaryDirectory directory;
  {
    const auto held = StoreLock::acquire(directory.path());
    REQUIRE(held);
    const auto second = StoreLock::acquire(directory.path());
    REQUIRE_FALSE(second);
    CHECK(second.error().code == Errc::kUnavailable);
    CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
  }
  CHECK(StoreLock::acquire(directory.path()));
}

TEST_CASE("a lock that has moved is still held", "[lock]") {
  const TemporaryDirectory directory;
  auto held = StoreLock::acquire(directory.path());
  REQUIRE(held);
  StoreLock moved = std::move(*held);
  CHECK_FALSE(StoreLock::acquire(directory.path()));
}

TEST_CASE("a missing directory cannot be locked", "[lock]") {
  CHECK(StoreLock::acquire("/nonexistent/objstore").error().code == Errc::kIo);
}

}  // namespace
}  // namespace objstore::test
