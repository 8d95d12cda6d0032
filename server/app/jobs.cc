#include "server/app/jobs.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "common/base/log.h"

namespace objstore::app {

std::string_view to_string(JobInfo::State state) noexcept {
  switch (state) {
    case JobInfo::State::kRunning:
      return "running";
    case JobInfo::State::kDone:
      return "done";
    case JobInfo::State::kFailed:
      return "failed";
    case JobInfo::State::kCancelled:
      return "cancelled";
  }
  return "unknown";
}

struct Jobs::Job final : JobRun {
  bool cancelled() const override { return cancel.load(std::memory_order_relaxed); }
  void progress(double fraction) override {
    std::lock_guard lock(mutex);
    info.fraction = std::clamp(fraction, info.fraction, 1.0);
  }
  JobInfo look() const {
    std::lock_guard lock(mutex);
    return info;
  }
  void finish(Result<std::string> result, UnixMillis now) {
    std::lock_guard lock(mutex);
    info.finished_ms = now;
    if (result) {
      info.state = JobInfo::State::kDone;
      info.fraction = 1;
      info.result = std::move(*result);
      return;
    }
    const bool stopped = result.error().code == Errc::kCancelled;
    info.state = stopped ? JobInfo::State::kCancelled : JobInfo::State::kFailed;
    info.error = std::move(result.error().message);
  }

  std::atomic<bool> cancel{false};
  mutable std::mutex mutex;
  JobInfo info;  // guarded by mutex
  std::thread thread;
};

Jobs::Jobs(const Clock& clock) : clock_(clock) {}

Jobs::~Jobs() {
  stop();
}

Result<JobInfo> Jobs::start(std::string kind, Work work) {
  std::lock_guard lock(mutex_);
  if (stopping_) return fail(Errc::kUnavailable, "the server is stopping");
  const auto same = std::ranges::find_if(jobs_, [&](const auto& job) { return job->look().kind == kind; });
  if (same != jobs_.end()) {
    if ((*same)->look().state == JobInfo::State::kRunning)
      return fail(Errc::kConflict, "a job of kind '" + kind + "' is running already");
    (*same)->thread.join();  // it has said its last word
    jobs_.erase(same);
  }
  auto job = std::make_unique<Job>();
  job->info.id = next_id_++;
  job->info.kind = std::move(kind);
  job->info.started_ms = clock_.now_ms();
  JobInfo info = job->info;
  job->thread = std::thread([&clock = clock_, &running = *job, run = std::move(work)] {
    Result<std::string> result = run(running);
    if (!result) log::warn("a job failed", {{"kind", running.look().kind}, {"error", result.error().message}});
    running.finish(std::move(result), clock.now_ms());
  });
  jobs_.push_back(std::move(job));
  return info;
}

std::vector<JobInfo> Jobs::list() const {
  std::lock_guard lock(mutex_);
  std::vector<JobInfo> out;
  for (const auto& job : jobs_) out.push_back(job->look());
  return out;
}

std::optional<JobInfo> Jobs::find(std::string_view kind) const {
  for (JobInfo& info : list())
    if (info.kind == kind) return std::move(info);
  return std::nullopt;
}

void Jobs::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& job : jobs_) job->cancel = true;
  }
  // Nobody adds or removes one any more.
  for (const auto& job : jobs_)
    if (job->thread.joinable()) job->thread.join();
}

}  // namespace objstore::app
