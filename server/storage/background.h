// What the threads of background work share: a thread that stops cleanly and gives way to requests, and a rate limit.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace objstore::storage {

// A thread that calls `round` until stop(); the answer says how long to wait before the next call. It runs with a lower
// priority than the threads of requests. stop() wakes it and waits for the end of the round; ended() tells a long
// round.
class BackgroundThread {
 public:
  BackgroundThread() = default;
  ~BackgroundThread() { stop(); }
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  void start(std::function<std::chrono::milliseconds()> round);
  void stop();
  void wake();
  bool stopping() const;
  // Sleeps for so long, or until stop().
  void sleep(std::chrono::milliseconds time);

 private:
  void run(const std::function<std::chrono::milliseconds()>& round);
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  bool woken_ = false;     // guarded by mutex_
  std::thread thread_;
};

// The calling thread alone, on Linux, has a lower priority than those of requests from now on. Where that is refused it
// goes on with theirs.
void give_way_to_requests();

// Processor time of the calling thread so far.
std::chrono::nanoseconds thread_cpu_time();

// How long to rest after a look at the whole store that found nothing to do and took so much processor time: looking
// then takes at most a hundredth of a processor, however large the store.
std::chrono::milliseconds rest_after(std::chrono::nanoseconds look, std::chrono::milliseconds at_least);

// Keeps what is taken below a rate, on average since the last pause. One thread.
class Pace {
 public:
  explicit Pace(std::uint64_t bytes_per_second) : rate_(bytes_per_second) {}  // 0: no limit
  // How long to sleep after having taken so many bytes.
  std::chrono::milliseconds take(std::uint64_t bytes, std::chrono::steady_clock::time_point now);

 private:
  const std::uint64_t rate_;
  std::chrono::steady_clock::time_point due_{};  // when what has been taken so far is worth its time
};

}  // namespace objstore::storage
