#include "server/storage/aside.h"

#include <atomic>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

#include "common/base/check.h"

namespace objstore::storage {

struct Aside::Piece {
  explicit Piece(Work w) : work(std::move(w)) {}

  // Whoever comes first.
  void run_once() {
    if (taken.exchange(true)) return;
    Status outcome = run();
    work = nullptr;
    std::lock_guard lock(mutex);
    result.emplace(std::move(outcome));
    ended.notify_one();
  }
  Status run() {
    try {
      return work();
    } catch (const std::exception& e) {
      return fail(Errc::kInternal, e.what());
    }
  }

  Work work;
  std::atomic<bool> taken = false;
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<Status> result;  // guarded by mutex
};

Aside::~Aside() {
  (void)wait();
}

void Aside::start(Work work) {
  CHECK(piece_ == nullptr);
  piece_ = std::make_shared<Piece>(std::move(work));
  executor_.post([piece = piece_] { piece->run_once(); });
}

Status Aside::wait() {
  if (!piece_) return {};
  const std::shared_ptr<Piece> piece = std::exchange(piece_, nullptr);
  piece->run_once();
  std::unique_lock lock(piece->mutex);
  piece->ended.wait(lock, [&] { return piece->result.has_value(); });
  return std::move(*piece->result);
}

}  // namespace objstore::storage
