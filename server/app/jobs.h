// Long jobs that an operator starts on a running server: each on a thread of its own, one of a kind at a time.
//
// Any thread. The destructor cancels what runs and waits for it, so whatever a job uses outlives this object.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/clock.h"

namespace objstore::app {

// What a running job says and is told.
class JobRun {
 public:
  virtual ~JobRun() = default;
  // The server is stopping: end soon, with kCancelled.
  virtual bool cancelled() const = 0;
  virtual void progress(double fraction) = 0;  // 0 to 1; an estimate
};

struct JobInfo {
  enum class State : std::uint8_t { kRunning, kDone, kFailed, kCancelled };
  std::uint64_t id = 0;  // counts up from 1 in each run of the server
  std::string kind;      // "fsck"
  State state = State::kRunning;
  double fraction = 0;
  UnixMillis started_ms = 0;
  UnixMillis finished_ms = 0;  // 0: not yet
  std::string error;           // of kFailed and kCancelled
  std::string result;          // of kDone: a JSON document
};
std::string_view to_string(JobInfo::State state) noexcept;

class Jobs {
 public:
  // Gives a JSON document: what the job has found or done.
  using Work = std::function<Result<std::string>(JobRun&)>;

  explicit Jobs(const Clock& clock);
  ~Jobs();
  Jobs(const Jobs&) = delete;
  Jobs& operator=(const Jobs&) = delete;

  // kConflict while one of this kind runs; kUnavailable after stop(). What an earlier one of the kind gave is
  // forgotten.
  Result<JobInfo> start(std::string kind, Work work);
  std::vector<JobInfo> list() const;  // the last one of each kind
  std::optional<JobInfo> find(std::string_view kind) const;
  // Cancels what runs and waits for it. Nothing starts afterwards.
  void stop();

 private:
  struct Job;
  const Clock& clock_;
  mutable std::mutex mutex_;
  bool stopping_ = false;                   // guarded by mutex_
  std::uint64_t next_id_ = 1;               // guarded by mutex_
  std::vector<std::unique_ptr<Job>> jobs_;  // guarded by mutex_; what a job says of itself by its own lock
};

}  // namespace objstore::app
