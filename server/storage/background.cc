#include "server/storage/background.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace objstore::storage {
namespace {

constexpr int kNice = 10;
constexpr int kRestShare = 99;  // of rest for each part of looking

}  // namespace

void BackgroundThread::start(std::function<std::chrono::milliseconds()> round) {
  thread_ = std::thread([this, round = std::move(round)] { run(round); });
}

void BackgroundThread::run(const std::function<std::chrono::milliseconds()>& round) {
  give_way_to_requests();
  while (!stopping()) {
    const std::chrono::milliseconds pause = round();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, pause, [this] { return stopping_ || woken_; });
    woken_ = false;
  }
}

void BackgroundThread::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void BackgroundThread::wake() {
  {
    std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

bool BackgroundThread::stopping() const {
  std::lock_guard lock(mutex_);
  return stopping_;
}

void BackgroundThread::sleep(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, time, [this] { return stopping_; });
}

void give_way_to_requests() {
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
}

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  (void)::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::milliseconds rest_after(std::chrono::nanoseconds look, std::chrono::milliseconds at_least) {
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(look * kRestShare), at_least);
}

std::chrono::milliseconds Pace::take(std::uint64_t bytes, std::chrono::steady_clock::time_point now) {
  using namespace std::chrono;
  if (rate_ == 0) return milliseconds(0);
  due_ = std::max(due_, now) + duration_cast<steady_clock::duration>(
                                   duration<double>(static_cast<double>(bytes) / static_cast<double>(rate_)));
  return duration_cast<milliseconds>(due_ - now);
}

}  // namespace objstore::storage
