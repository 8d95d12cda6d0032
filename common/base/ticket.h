// Ticket<T>: a result that may not be there yet, so that a waiting commit holds no thread.
//
// A Ticket has one owner and is taken once. on_ready's callback runs at once when the result is there, else on the
// thread that completes it, so it must be short: post the rest elsewhere. map() is lazy: its function runs in take(),
// on the taker's thread. A Promise completes its Ticket exactly once; one that is destroyed before gives kCancelled.
#pragma once

#include <objstore/error.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "common/base/executor.h"

namespace objstore {

// What a Ticket yields when there is nothing to say but success.
struct Done {};

namespace detail {

template <typename T>
struct TicketState {
  virtual ~TicketState() = default;
  virtual void on_ready(std::move_only_function<void()> callback) = 0;
  virtual Result<T> take() = 0;
};

template <typename T>
struct ReadyState final : TicketState<T> {
  explicit ReadyState(Result<T> r) : result(std::move(r)) {}
  void on_ready(std::move_only_function<void()> callback) override { callback(); }
  Result<T> take() override { return std::move(result); }
  Result<T> result;
};

// Shared by a Promise and its Ticket.
template <typename T>
struct Rendezvous {
  void complete(Result<T> r) {
    std::move_only_function<void()> callback;
    {
      std::lock_guard lock(mutex);
      if (result) return;
      result.emplace(std::move(r));
      callback = std::move(waiter);
    }
    if (callback) callback();
  }
  std::mutex mutex;
  std::optional<Result<T>> result;         // guarded by mutex
  std::move_only_function<void()> waiter;  // guarded by mutex
};

template <typename T>
struct PendingState final : TicketState<T> {
  explicit PendingState(std::shared_ptr<Rendezvous<T>> m) : meeting(std::move(m)) {}
  void on_ready(std::move_only_function<void()> callback) override {
    {
      std::lock_guard lock(meeting->mutex);
      if (!meeting->result) {
        meeting->waiter = std::move(callback);
        return;
      }
    }
    callback();
  }
  Result<T> take() override {
    std::lock_guard lock(meeting->mutex);
    return std::move(*meeting->result);
  }
  std::shared_ptr<Rendezvous<T>> meeting;
};

template <typename From, typename To, typename F>
struct MappedState final : TicketState<To> {
  MappedState(std::unique_ptr<TicketState<From>> i, F f) : inner(std::move(i)), function(std::move(f)) {}
  void on_ready(std::move_only_function<void()> callback) override { inner->on_ready(std::move(callback)); }
  Result<To> take() override { return function(inner->take()); }
  std::unique_ptr<TicketState<From>> inner;
  F function;
};

}  // namespace detail

template <typename T>
class [[nodiscard]] Ticket {
 public:
  Ticket(Result<T> ready) : state_(std::make_unique<detail::ReadyState<T>>(std::move(ready))) {}  // NOLINT: implicit
  Ticket(T ready) : Ticket(Result<T>(std::move(ready))) {}                                        // NOLINT: implicit
  Ticket(std::unexpected<Error> error) : Ticket(Result<T>(std::move(error))) {}                   // NOLINT: implicit
  explicit Ticket(std::unique_ptr<detail::TicketState<T>> state) : state_(std::move(state)) {}

  void on_ready(std::move_only_function<void()> callback) { state_->on_ready(std::move(callback)); }
  // Once, and only after on_ready's callback has been called.
  Result<T> take() { return state_->take(); }

  // Blocks until the result is there. For background work, command lines and tests.
  Result<T> wait() {
    std::mutex mutex;
    std::condition_variable ready;
    bool done = false;
    on_ready([&] {
      std::lock_guard lock(mutex);
      done = true;
      ready.notify_one();
    });
    const Blocking blocking;
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return done; });
    return take();
  }

  // f: Result<T> -> Result<U>, run once by take().
  template <typename F>
  auto map(F f) && {
    using U = typename std::invoke_result_t<F, Result<T>>::value_type;
    return Ticket<U>(std::make_unique<detail::MappedState<T, U, F>>(std::move(state_), std::move(f)));
  }

 private:
  std::unique_ptr<detail::TicketState<T>> state_;
};

template <typename T>
class Promise {
 public:
  Promise() : meeting_(std::make_shared<detail::Rendezvous<T>>()) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&&) = delete;
  Promise(const Promise&) = delete;
  Promise& operator=(const Promise&) = delete;
  ~Promise() {
    if (meeting_) meeting_->complete(fail(Errc::kCancelled, "the operation was given up"));
  }
  // Once, before complete().
  Ticket<T> ticket() { return Ticket<T>(std::make_unique<detail::PendingState<T>>(meeting_)); }
  void complete(Result<T> result) {
    meeting_->complete(std::move(result));
    meeting_.reset();
  }

 private:
  std::shared_ptr<detail::Rendezvous<T>> meeting_;
};

}  // namespace objstore
