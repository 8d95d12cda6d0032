#include "server/app/jobs.h"

#include <catch2/catch.hpp>
#include <future>

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::app;

namespace {

JobInfo finished(const Jobs& jobs, std::string_view kind) {
  for (;;) {
    const auto info = jobs.find(kind);
    REQUIRE(info);
    if (info->state != JobInfo::State::kRunning) return *info;
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("a job runs on its own and leaves its result") {
  test::FakeClock clock;
  Jobs jobs(clock);
  const auto started = test::must(jobs.start("fsck", [](JobRun& run) -> Result<std::string> {
    run.progress(0.5);
    return R"({"findings":0})";
  }));
  CHECK(started.id == 1);
  CHECK(started.started_ms == clock.now_ms());
  const auto info = finished(jobs, "fsck");
  CHECK(info.state == JobInfo::State::kDone);
  CHECK(info.result == R"({"findings":0})");
  CHECK(info.fraction == 1);
  CHECK(info.finished_ms == clock.now_ms());
  CHECK_FALSE(jobs.find("scrub"));
}

TEST_CASE("one job of a kind runs at a time, jobs of different kinds run together") {
  test::FakeClock clock;
  Jobs jobs(clock);
  std::promise<void> go;
  auto wait = go.get_future().share();
  const auto held = [wait](JobRun&) -> Result<std::string> {
    wait.wait();
    return "{}";
  };
  test::must(jobs.start("fsck", held));
  CHECK(test::error_of(jobs.start("fsck", held)) == Errc::kConflict);
  test::must(jobs.start("scrub", held));
  CHECK(jobs.list().size() == 2);
  go.set_value();
  finished(jobs, "fsck");
  CHECK(test::must(jobs.start("fsck", held)).id == 3);
  CHECK(jobs.list().size() == 2);
}

TEST_CASE("a job that fails leaves its error") {
  test::FakeClock clock;
  Jobs jobs(clock);
  test::must(jobs.start("fsck", [](JobRun&) -> Result<std::string> { return fail(Errc::kIo, "the disk is gone"); }));
  const auto info = finished(jobs, "fsck");
  CHECK(info.state == JobInfo::State::kFailed);
  CHECK(info.error == "the disk is gone");
}

TEST_CASE("at stop what runs is cancelled and waited for, and nothing starts any more") {
  test::FakeClock clock;
  Jobs jobs(clock);
  const auto until_cancelled = [](JobRun& run) -> Result<std::string> {
    while (!run.cancelled()) std::this_thread::yield();
    return fail(Errc::kCancelled, "stopping");
  };
  test::must(jobs.start("fsck", until_cancelled));
  jobs.stop();
  CHECK(jobs.find("fsck")->state == JobInfo::State::kCancelled);
  CHECK(test::error_of(jobs.start("scrub", until_cancelled)) == Errc::kUnavailable);
}
