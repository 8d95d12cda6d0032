// Where work runs that may block: a port, and the fixed pool that implements it. Any thread may post.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace objstore {

class Executor {
 public:
  using Task = std::move_only_function<void()>;
  virtual ~Executor() = default;
  // Runs task once on some thread, later. Tasks that have been posted run even when the executor is being destroyed.
  virtual void post(Task task) = 0;
};

// A fixed number of threads and one queue. The destructor runs what is queued and joins.
class WorkerPool final : public Executor {
 public:
  explicit WorkerPool(std::size_t threads);
  ~WorkerPool() override;
  void post(Task task) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Runs a task at once on the posting thread. For tests and command lines.
class InlineExecutor final : public Executor {
 public:
  void post(Task task) override { task(); }
};

}  // namespace objstore
