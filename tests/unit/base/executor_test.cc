#include "common/base/executor.h"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <latch>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

using namespace objstore;

namespace {

// How often somebody came to a place where there were so many already.
class Crowd {
 public:
  explicit Crowd(int most) : most_(most) {}
  void enter() {
    if (now_.fetch_add(1) >= most_) ++overfull_;
  }
  void leave() { --now_; }
  int overfull() const { return overfull_; }

 private:
  const int most_;
  std::atomic<int> now_ = 0;
  std::atomic<int> overfull_ = 0;
};

// Sleeping is what takes time without a processor, which others would need to be seen here as well.
void stay_in(Crowd& crowd) {
  crowd.enter();
  std::this_thread::sleep_for(std::chrono::microseconds(200));
  crowd.leave();
}

}  // namespace

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

// A thread that has lost its processor for long enough looks as if it waited, so a busy machine has a few more at
// times.
TEST_CASE("no more tasks run at once than there may, however many threads and tasks there are") {
  constexpr int kTasks = 500;
  Crowd crowd(2);
  {
    WorkerPool pool(8, 2);
    for (int i = 0; i < kTasks; ++i) pool.post([&] { stay_in(crowd); });
    std::binary_semaphore last(0);
    pool.post([&] { last.release(); });
    last.acquire();
    CHECK(crowd.overfull() < kTasks / 10);
  }
}

// Without a word they would be helped as well, but never so soon.
TEST_CASE("a task that says that it waits lets others run at once, and each of those may wait as well") {
  auto fastest = std::chrono::steady_clock::duration::max();
  for (int round = 0; round < 20; ++round) {
    WorkerPool pool(4, 1);
    std::binary_semaphore first(0);
    std::binary_semaphore second(0);
    std::binary_semaphore end(0);
    const auto start = std::chrono::steady_clock::now();
    pool.post([&] {
      const Blocking blocking;
      const Blocking again;  // counts once
      first.acquire();
      end.release();
    });
    pool.post([&] {
      const Blocking blocking;
      second.acquire();
      first.release();
    });
    pool.post([&] { second.release(); });
    REQUIRE(end.try_acquire_for(std::chrono::seconds(10)));
    fastest = std::min(fastest, std::chrono::steady_clock::now() - start);
  }
  CHECK(fastest < std::chrono::milliseconds(4));
}

TEST_CASE("after a wait tasks are one at a time again") {
  Crowd crowd(1);
  WorkerPool pool(4, 1);
  std::latch all(200);
  for (int i = 0; i < 200; ++i) {
    pool.post([&] {
      {
        const Blocking blocking;
        std::this_thread::sleep_for(std::chrono::microseconds(50));
      }
      all.count_down();
    });
  }
  all.wait();
  std::latch counted(200);
  for (int i = 0; i < 200; ++i) {
    pool.post([&] {
      stay_in(crowd);
      counted.count_down();
    });
  }
  counted.wait();
  CHECK(crowd.overfull() < 20);
}

TEST_CASE("tasks that wait without a word do not hold up the others for long") {
  WorkerPool pool(4, 1);
  std::counting_semaphore<3> may_end(0);
  std::binary_semaphore reached(0);
  std::latch ended(3);
  for (int i = 0; i < 3; ++i) {
    pool.post([&] {
      may_end.acquire();
      ended.count_down();
    });
  }
  pool.post([&] { reached.release(); });
  CHECK(reached.try_acquire_for(std::chrono::seconds(10)));
  may_end.release(3);
  ended.wait();
}

TEST_CASE("threads post, wait and end the pool in any order") {
  for (int round = 0; round < 20; ++round) {
    std::atomic<int> ran = 0;
    {
      WorkerPool pool(5, 2);
      std::vector<std::jthread> posters;
      for (int poster = 0; poster < 3; ++poster) {
        posters.emplace_back([&] {
          for (int i = 0; i < 300; ++i) {
            pool.post([&, i] {
              if (i % 3 == 0) {
                const Blocking blocking;
                std::this_thread::yield();
              }
              if (i % 7 == 0) pool.post([&] { ++ran; });
              ++ran;
            });
          }
        });
      }
    }
    CHECK(ran == 3 * (300 + 43));
  }
}

TEST_CASE("the inline executor runs at once") {
  InlineExecutor executor;
  bool ran = false;
  executor.post([&] { ran = true; });
  CHECK(ran);
}
