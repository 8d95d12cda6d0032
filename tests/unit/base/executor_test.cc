#include "common/base/executor.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>

using namespace objstore;

TEST_CASE("the pool runs everything that was posted, also what tasks post while it ends") {
  std::atomic<int> ran = 0;
  {
    WorkerPool pool(3);
    for (int i = 0; i < 100; ++i)
      pool.post([&] {
        ++ran;
        pool.post([&] { ++ran; });
      });
  }
  CHECK(ran == 200);
}

TEST_CASE("tasks may own what cannot be copied") {
  int seen = 0;
  {
    WorkerPool pool(1);
    pool.post([value = std::make_unique<int>(7), &seen] { seen = *value; });
  }
  CHECK(seen == 7);
}

TEST_CASE("the inline executor runs at once") {
  InlineExecutor executor;
  bool ran = false;
  executor.post([&] { ran = true; });
  CHECK(ran);
}
