#include "common/base/strand.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <utility>

namespace objstore {
namespace {

Status run(Strand::Work& work) {
  try {
    return work();
  } catch (const std::exception& e) {
    return fail(Errc::kInternal, e.what());
  }
}

}  // namespace

struct Strand::Queue {
  // Runs what waits, unless another thread is at it.
  void run_all(std::unique_lock<std::mutex>& lock) {
    if (std::exchange(is_running, true)) return;
    while (!waiting.empty()) {
      Work work = std::move(waiting.front());
      waiting.pop_front();
      const bool skip = !outcome;
      lock.unlock();
      Status status = skip ? Status() : run(work);
      work = nullptr;  // gives back what it holds before anybody hears of its end
      lock.lock();
      if (!status) outcome = std::move(status);
      --outstanding;
      changed.notify_one();
    }
    is_running = false;
  }
  void wait(std::unique_lock<std::mutex>& lock, std::size_t left_max) {
    while (outstanding > left_max) {
      if (is_running) {
        const Blocking blocking;
        changed.wait(lock);
      } else {
        run_all(lock);
      }
    }
  }

  std::mutex mutex;
  std::condition_variable changed;
  // Guarded by mutex:
  std::deque<Work> waiting;
  std::size_t outstanding = 0;  // waiting, and the one that runs
  bool is_running = false;
  bool is_posted = false;
  Status outcome;
};

Strand::Strand(Executor& executor) : executor_(executor), queue_(std::make_shared<Queue>()) {}

Strand::~Strand() {
  (void)wait();
}

Status Strand::add(Work work) {
  std::unique_lock lock(queue_->mutex);
  if (!queue_->outcome) return queue_->outcome;
  queue_->waiting.push_back(std::move(work));
  ++queue_->outstanding;
  if (queue_->is_running || std::exchange(queue_->is_posted, true)) return {};
  lock.unlock();
  executor_.post([queue = queue_] {
    std::unique_lock posted(queue->mutex);
    queue->is_posted = false;
    queue->run_all(posted);
  });
  return {};
}

Status Strand::wait(std::size_t left_max) {
  std::unique_lock lock(queue_->mutex);
  queue_->wait(lock, left_max);
  return queue_->outcome;
}

}  // namespace objstore
