// The pool that requests run on, in a shape that can be closed while others still hold it: the committer may complete a
// commit, and so post a task, after the last request has ended. Any thread.
#pragma once

#include <memory>
#include <shared_mutex>

#include "common/base/executor.h"

namespace objstore::app {

class Workers final : public Executor {
 public:
  explicit Workers(std::size_t threads);
  ~Workers() override;
  // After close() the task is dropped, which is how what waits for it hears of the end.
  void post(Task task) override;
  // Runs what is queued and joins. Once.
  void close();

 private:
  std::shared_mutex mutex_;
  std::unique_ptr<WorkerPool> pool_;  // guarded by mutex_
};

}  // namespace objstore::app
