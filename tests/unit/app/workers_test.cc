#include "server/app/workers.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "common/base/ticket.h"

using namespace objstore;
using namespace objstore::app;

TEST_CASE("what was posted before the end runs, what comes later is dropped") {
  Workers workers(2);
  std::atomic<int> ran{0};
  for (int i = 0; i < 100; ++i) workers.post([&] { ++ran; });
  workers.close();
  CHECK(ran == 100);
  workers.post([&] { ++ran; });
  CHECK(ran == 100);
}

TEST_CASE("who waits for a dropped task hears of it") {
  Workers workers(1);
  workers.close();
  Promise<Done> promise;
  auto ticket = promise.ticket();
  workers.post([p = std::move(promise)]() mutable { p.complete(Done{}); });
  CHECK(ticket.wait().error().code == Errc::kCancelled);
}

TEST_CASE("a task may post while the pool ends") {
  Workers workers(2);
  std::atomic<int> ran{0};
  for (int i = 0; i < 50; ++i)
    workers.post([&] {
      workers.post([&] { ++ran; });
      ++ran;
    });
  workers.close();
  CHECK(ran >= 50);
}
