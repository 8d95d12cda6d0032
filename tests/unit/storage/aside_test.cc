#include "server/storage/aside.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace objstore;
using storage::Aside;

namespace {

// Keeps what is posted until somebody lets it run.
class HeldExecutor final : public Executor {
 public:
  void post(Task task) override { held.push_back(std::move(task)); }
  std::vector<Task> held;
};

}  // namespace

TEST_CASE("work that no thread has begun is done by who waits for it, once") {
  HeldExecutor executor;
  int runs = 0;
  {
    Aside aside(executor);
    aside.start([&] {
      ++runs;
      return Status();
    });
    CHECK(runs == 0);
    CHECK(aside.wait());
    CHECK(runs == 1);
    CHECK(aside.wait());  // nothing was started since
    aside.start([&]() -> Status {
      ++runs;
      return fail(Errc::kIo, "no");
    });
  }
  CHECK(runs == 2);  // the destructor waits
  for (auto& task : executor.held) task();
  CHECK(runs == 2);
}

TEST_CASE("what the work gives is what wait gives, and an exception is an error") {
  InlineExecutor executor;
  Aside aside(executor);
  aside.start([]() -> Status { return fail(Errc::kNoSpace, "full"); });
  const Status full = aside.wait();
  REQUIRE_FALSE(full);
  CHECK(full.error().code == Errc::kNoSpace);
  aside.start([]() -> Status { throw std::runtime_error("broken"); });
  const Status broken = aside.wait();
  REQUIRE_FALSE(broken);
  CHECK(broken.error().code == Errc::kInternal);
  CHECK(aside.wait());
}

TEST_CASE("owners on the executor's own threads never wait for each other") {
  WorkerPool pool(2);
  std::atomic<int> done = 0;
  for (int i = 0; i < 8; ++i) {
    pool.post([&] {
      Aside aside(pool);
      for (int piece = 0; piece < 200; ++piece) {
        int value = 0;
        aside.start([&value] {
          value = 1;
          return Status();
        });
        if (aside.wait() && value == 1) ++done;
      }
    });
  }
  while (done < 8 * 200) std::this_thread::yield();
  CHECK(done == 8 * 200);
}
