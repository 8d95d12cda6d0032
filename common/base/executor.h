// Where work runs that may block: a port, and the pool that implements it. Any thread may post.
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

// A fixed number of threads and one queue, of which only so many run at once: threads that want the same processors
// cost each other more than they get done. One that says that it waits (Blocking) makes room for another, and so does
// one that does not say so but holds up the queue. The destructor runs what is queued and joins.
class WorkerPool final : public Executor {
 public:
  // Of `threads`, running_max at once; 0: one for each processor.
  explicit WorkerPool(std::size_t threads, std::size_t running_max = 0);
  ~WorkerPool() override;
  void post(Task task) override;

 private:
  friend class Blocking;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// While one lives, its thread waits for something else than a processor: a disk, another thread. Of use on a pool's
// thread; does nothing elsewhere, nor inside another one.
class Blocking {
 public:
  Blocking();
  ~Blocking();
  Blocking(const Blocking&) = delete;
  Blocking& operator=(const Blocking&) = delete;

 private:
  WorkerPool::Impl* pool_;
};

// Runs a task at once on the posting thread. For tests and command lines.
class InlineExecutor final : public Executor {
 public:
  void post(Task task) override { task(); }
};

}  // namespace objstore
