#include "server/storage/epoch.h"

#include "tests/support/test_store.h"

using namespace objstore;
using namespace std::chrono_literals;
using storage::EpochGuard;
using storage::Epochs;

TEST_CASE("an epoch has drained when everyone who entered in it or before has left") {
  test::FakeClock clock;
  Epochs epochs(clock, 1h);
  auto early = std::make_optional(epochs.enter());
  const auto first = epochs.advance();
  auto late = std::make_optional(epochs.enter());
  CHECK_FALSE(epochs.drained(first));
  early.reset();
  CHECK(epochs.drained(first));
  const auto second = epochs.advance();
  CHECK_FALSE(epochs.drained(second));
  late.reset();
  CHECK(epochs.drained(second));
  CHECK(epochs.active() == 0);
}

TEST_CASE("a guard that is moved stays in its epoch until its last holder lets go") {
  test::FakeClock clock;
  Epochs epochs(clock, 1h);
  EpochGuard outer;
  {
    EpochGuard inner = epochs.enter();
    outer = std::move(inner);
  }
  const auto epoch = epochs.advance();
  CHECK_FALSE(epochs.drained(epoch));
  outer = EpochGuard();
  CHECK(epochs.drained(epoch));
}

TEST_CASE("an operation that is too old is revoked first and no longer waited for only later",
          "[age-is-bounded][old-is-revoked]") {
  test::FakeClock clock;
  Epochs epochs(clock, 1h);
  const EpochGuard guard = epochs.enter();
  const auto epoch = epochs.advance();
  clock.advance(59min);
  CHECK_FALSE(guard.revoked());
  clock.advance(1min);
  CHECK(guard.revoked());
  CHECK_FALSE(epochs.drained(epoch));
  clock.advance(Epochs::kGrace);
  CHECK(epochs.drained(epoch));
}
