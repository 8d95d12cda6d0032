// One stage of a Call on the worker pool, and the coroutine that waits for it. It lives in the coroutine's frame or
// beside it, belongs to the I/O thread, and is reused stage after stage; only done() comes from elsewhere. It must not
// be destroyed while it runs: whoever starts it waits for it, on every path.
//
// Nothing here captures by value what has a destructor: g++ 12 destroys such captures twice in co_await expressions.
#pragma once

#include <functional>

#include "common/base/check.h"
#include "common/base/executor.h"
#include "server/http/asio.h"
#include "server/http/call.h"

namespace objstore::http {

class Errand final : public Completion {
 public:
  Errand(const IoExecutor& io, Executor& pool) : io_(io), pool_(pool) {}
  ~Errand() { CHECK(!running_); }
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;

  bool running() const noexcept { return running_; }

  // Runs stage(*this) on the pool; the stage sees to it that done() is called. `stage` must be trivially copyable.
  template <typename Stage>
  void start(Stage stage) {
    static_assert(std::is_trivially_copyable_v<Stage>);
    CHECK(!running_);
    running_ = true;
    pool_.post([this, stage]() mutable { stage(static_cast<Completion&>(*this)); });
  }

  // Any thread; the last that the stage does.
  void done() override {
    asio::post(io_, [this] { resume(); });
  }

  // Returns when nothing runs (any more).
  Awaitable<void> wait();

 private:
  void resume() {
    running_ = false;
    if (!waiter_) return;
    std::move_only_function<void()> waiter = std::move(waiter_);
    waiter_ = nullptr;
    waiter();
  }

  IoExecutor io_;
  Executor& pool_;
  bool running_ = false;
  std::move_only_function<void()> waiter_;
};

}  // namespace objstore::http
