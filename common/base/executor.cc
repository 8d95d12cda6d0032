#include "common/base/executor.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/check.h"

namespace objstore {
namespace {

using std::chrono_literals::operator""ms;

// The watch looks every kRound. One in which nothing was taken from a queue that is not empty calls one thread more; so
// many without such a one give it back, and so many with nothing in the queue end the watch.
constexpr auto kRound = 5ms;
constexpr int kRoundsUntilEased = 20;
constexpr int kRoundsUntilOff = 40;

}  // namespace

struct WorkerPool::Impl {
  struct Worker {
    std::condition_variable wake;
    bool is_called = false;
    std::thread thread;
  };
  using Lock = std::unique_lock<std::mutex>;

  Impl(std::size_t threads, std::size_t at_once) : running_max(at_once), running_limit(at_once), workers(threads) {}

  void run(Worker& me);
  void watch();
  // One that sleeps and will run, to be woken when the lock is let go; null if there is none. The last to fall asleep
  // is the first to be called: its stack and caches are the warmest.
  Worker* call();
  Worker* call_if_room() { return running < running_limit ? call() : nullptr; }
  void post(Task task);
  void begin_blocking();
  void end_blocking();

  static thread_local Impl* of_thread;  // null where it is no pool's, and while it waits

  const std::size_t running_max;
  std::mutex mutex;
  // Guarded by mutex:
  std::deque<Task> queue;
  std::uint64_t taken = 0;    // from the queue, ever
  std::size_t running = 0;    // called or at a task, and not waiting
  std::size_t running_limit;  // running_max, and one for each that seems to be held up
  std::vector<Worker*> asleep;
  bool is_watched = false;
  bool stopping = false;

  std::condition_variable watch_wanted;
  std::vector<Worker> workers;
  std::thread watcher;
};

thread_local WorkerPool::Impl* WorkerPool::Impl::of_thread = nullptr;

WorkerPool::Impl::Worker* WorkerPool::Impl::call() {
  if (asleep.empty()) return nullptr;
  Worker* const called = asleep.back();
  asleep.pop_back();
  called->is_called = true;
  ++running;
  return called;
}

void WorkerPool::Impl::run(Worker& me) {
  of_thread = this;
  Lock lock(mutex);
  bool is_wanted = ++running <= running_limit;
  for (;;) {
    while (!queue.empty() && (is_wanted || stopping)) {
      Task task = std::move(queue.front());
      queue.pop_front();
      ++taken;
      lock.unlock();
      task();
      task = nullptr;  // what it captured is destroyed outside the lock
      lock.lock();
      is_wanted = running <= running_limit;
    }
    --running;
    if (stopping) return;
    me.is_called = false;
    asleep.push_back(&me);
    me.wake.wait(lock, [&] { return me.is_called || stopping; });
    if (!me.is_called) ++running;
    is_wanted = true;
  }
}

// Tasks may wait without a word, for a page of the disk say. If all that run do, others must not wait with them.
void WorkerPool::Impl::watch() {
  Lock lock(mutex);
  while (!stopping) {
    watch_wanted.wait(lock, [this] { return is_watched || stopping; });
    int eased = 0;
    int off = 0;
    while (!stopping && off < kRoundsUntilOff) {
      const std::uint64_t taken_before = taken;
      watch_wanted.wait_for(lock, kRound, [this] { return stopping; });
      off = queue.empty() ? off + 1 : 0;
      const bool is_held_up = !queue.empty() && taken == taken_before;
      eased = is_held_up ? 0 : eased + 1;
      if (is_held_up && running_limit < workers.size()) ++running_limit;
      if (eased % kRoundsUntilEased == 0 && running_limit > running_max && !is_held_up) --running_limit;
      Worker* const called = is_held_up ? call() : nullptr;
      if (called != nullptr) called->wake.notify_one();
    }
    running_limit = running_max;
    is_watched = false;
  }
}

void WorkerPool::Impl::post(Task task) {
  Worker* called = nullptr;
  bool begin_watch = false;
  {
    std::lock_guard lock(mutex);
    queue.push_back(std::move(task));
    called = call_if_room();
    begin_watch = called == nullptr && !std::exchange(is_watched, true);
  }
  if (called != nullptr) called->wake.notify_one();
  if (begin_watch) watch_wanted.notify_one();
}

void WorkerPool::Impl::begin_blocking() {
  Worker* called = nullptr;
  {
    std::lock_guard lock(mutex);
    --running;
    if (!queue.empty()) called = call_if_room();
  }
  if (called != nullptr) called->wake.notify_one();
}

// It goes on at once, even if that is one too many for the moment: others sleep when their tasks are done.
void WorkerPool::Impl::end_blocking() {
  std::lock_guard lock(mutex);
  ++running;
}

Blocking::Blocking() : pool_(std::exchange(WorkerPool::Impl::of_thread, nullptr)) {
  if (pool_ != nullptr) pool_->begin_blocking();
}

Blocking::~Blocking() {
  if (pool_ == nullptr) return;
  pool_->end_blocking();
  WorkerPool::Impl::of_thread = pool_;
}

WorkerPool::WorkerPool(std::size_t threads, std::size_t running_max) {
  CHECK(threads > 0);
  if (running_max == 0) running_max = std::max<std::size_t>(std::thread::hardware_concurrency(), 1);
  impl_ = std::make_unique<Impl>(threads, running_max);
  for (Impl::Worker& worker : impl_->workers)
    worker.thread = std::thread([impl = impl_.get(), &worker] { impl->run(worker); });
  impl_->watcher = std::thread([impl = impl_.get()] { impl->watch(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->watch_wanted.notify_all();
  for (Impl::Worker& worker : impl_->workers) worker.wake.notify_one();
  for (Impl::Worker& worker : impl_->workers) worker.thread.join();
  impl_->watcher.join();
}

void WorkerPool::post(Task task) {
  impl_->post(std::move(task));
}

}  // namespace objstore
