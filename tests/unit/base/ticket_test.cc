#include "common/base/ticket.h"

#include <catch2/catch.hpp>
#include <thread>

using namespace objstore;

TEST_CASE("a ready ticket calls back at once") {
  Ticket<int> ticket(5);
  bool called = false;
  ticket.on_ready([&] { called = true; });
  CHECK(called);
  CHECK(ticket.take() == 5);
}

TEST_CASE("a promise completes its ticket from another thread") {
  Promise<int> promise;
  Ticket<int> ticket = promise.ticket();
  std::thread thread([&] { promise.complete(7); });
  CHECK(ticket.wait() == 7);
  thread.join();
}

TEST_CASE("a promise that is given up cancels") {
  std::optional<Promise<int>> promise(std::in_place);
  Ticket<int> ticket = promise->ticket();
  promise.reset();
  CHECK(ticket.wait().error().code == Errc::kCancelled);
}

TEST_CASE("map runs once, when the result is taken") {
  int runs = 0;
  Promise<int> promise;
  auto ticket = promise.ticket().map([&](Result<int> value) -> Result<std::string> {
    ++runs;
    OBJSTORE_ASSIGN(const int number, std::move(value));
    return std::to_string(number);
  });
  promise.complete(12);
  CHECK(runs == 0);
  CHECK(ticket.wait() == "12");
  CHECK(runs == 1);
}
