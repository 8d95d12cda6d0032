#include "common/base/strand.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/base/held_executor.h"

using namespace objstore;

TEST_CASE("work that no thread has begun is done by who waits for it, once, in order") {
  HeldExecutor executor;
  std::vector<int> ran;
  const auto piece = [&](int number) {
    return [&ran, number] {
      ran.push_back(number);
      return Status();
    };
  };
  {
    Strand strand(executor);
    CHECK(strand.wait());
    CHECK(strand.add(piece(1)));
    CHECK(strand.add(piece(2)));
    CHECK(strand.wait(2));
    CHECK(ran.empty());
    CHECK(strand.add(piece(3)));
    CHECK(strand.wait(2));  // runs what waits
    CHECK(ran == std::vector{1, 2, 3});
    CHECK(strand.wait());
    CHECK(ran == std::vector{1, 2, 3});
    CHECK(strand.add(piece(4)));
  }
  CHECK(ran == std::vector{1, 2, 3, 4});  // the destructor waits
  for (auto& task : executor.held) task();
  CHECK(ran == std::vector{1, 2, 3, 4});
}

TEST_CASE("after a failure nothing more runs, and add and wait both tell of it") {
  HeldExecutor executor;
  Strand strand(executor);
  int runs = 0;
  CHECK(strand.add([&]() -> Status {
    ++runs;
    return fail(Errc::kNoSpace, "full");
  }));
  CHECK(strand.add([&] {
    ++runs;
    return Status();
  }));
  for (int i = 0; i < 2; ++i) {
    const Status full = strand.wait();
    REQUIRE_FALSE(full);
    CHECK(full.error().code == Errc::kNoSpace);
  }
  CHECK_FALSE(strand.add([&] {
    ++runs;
    return Status();
  }));
  CHECK(runs == 1);
}

TEST_CASE("a piece that throws has failed") {
  InlineExecutor executor;
  Strand strand(executor);
  CHECK(strand.add([]() -> Status { throw std::runtime_error("broken"); }));
  const Status broken = strand.wait();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Errc::kInternal);
}

TEST_CASE("owners on the executor's own threads, with strands that feed others, never wait for each other") {
  WorkerPool pool(2);
  std::atomic<int> done = 0;
  for (int i = 0; i < 8; ++i) {
    pool.post([&] {
      std::vector<int> ends;
      {
        Strand second(pool);
        Strand first(pool);
        for (int piece = 0; piece < 200; ++piece) {
          (void)first.wait(1);
          (void)second.wait(1);
          (void)first.add([&, piece] {
            return second.add([&, piece] {
              ends.push_back(piece);
              return Status();
            });
          });
        }
        if (!first.wait() || !second.wait()) return;
      }
      for (int piece = 0; piece < 200; ++piece) done += ends[static_cast<std::size_t>(piece)] == piece ? 1 : 0;
    });
  }
  while (done < 8 * 200) std::this_thread::yield();
  CHECK(done == 8 * 200);
}
