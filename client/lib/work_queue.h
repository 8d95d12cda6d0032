// Work that several threads take from a bounded queue while it is being filled.
//
// push() and finish() belong to one thread; the work runs on threads of the queue's own, which are started as they are
// needed and end in finish() or the destructor. The work must not throw.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace objstore::client {

template <typename Item>
class WorkQueue {
 public:
  WorkQueue(unsigned threads, std::size_t waiting_max, std::function<void(Item)> work)
      : threads_max_(threads), waiting_max_(waiting_max), work_(std::move(work)) {}
  ~WorkQueue() { finish(); }
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  // Waits while `waiting_max` items are waiting.
  void push(Item item) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() < waiting_max_; });
    waiting_.push_back(std::move(item));
    if (idle_ < waiting_.size() && threads_.size() < threads_max_) threads_.emplace_back([this] { run(); });
    lock.unlock();
    arrived_.notify_one();
  }
  // Returns when all is done.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      closing_ = true;
    }
    arrived_.notify_all();
    threads_.clear();
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      ++idle_;
      arrived_.wait(lock, [&] { return closing_ || !waiting_.empty(); });
      --idle_;
      if (waiting_.empty()) return;
      Item item = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      changed_.notify_one();
      work_(std::move(item));
      lock.lock();
    }
  }

  const unsigned threads_max_;
  const std::size_t waiting_max_;
  const std::function<void(Item)> work_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable changed_;
  std::deque<Item> waiting_;           // guarded by mutex_
  std::size_t idle_ = 0;               // guarded by mutex_
  bool closing_ = false;               // guarded by mutex_
  std::vector<std::jthread> threads_;  // last: they end first
};

}  // namespace objstore::client
