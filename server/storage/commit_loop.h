// Optimistic commits: build a batch from what is stored now, submit it, and build it anew when a precondition did not
// hold. Each group of the committer lets at least one of those that fight over a row through, so the loop ends.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/executor.h"
#include "server/storage/committer.h"

namespace objstore::storage {

inline constexpr int kCommitTriesMax = 200;

// What one try wants to commit, and what the operation answers when that succeeds. An empty batch is not submitted.
template <typename T>
struct Attempt {
  Batch batch;
  LaneSet lanes;
  T value{};
};

namespace detail {

template <typename T>
class CommitLoop : public std::enable_shared_from_this<CommitLoop<T>> {
 public:
  using Build = std::move_only_function<Result<Attempt<T>>()>;
  CommitLoop(Committer& committer, Executor& executor, Build build)
      : committer_(committer), executor_(executor), build_(std::move(build)) {}

  Ticket<T> ticket() { return promise_.ticket(); }

  void run() {
    auto attempt = build_();
    if (!attempt) return finish(std::unexpected(std::move(attempt.error())));
    if (attempt->batch.empty()) return finish(std::move(attempt->value));
    value_.emplace(std::move(attempt->value));
    pending_.emplace(committer_.submit(std::move(attempt->batch), std::move(attempt->lanes)));
    pending_->on_ready([self = this->shared_from_this()] { self->committed(); });
  }

 private:
  void committed() {
    Result<Done> outcome = pending_->take();
    if (outcome) return finish(std::move(*value_));
    if (outcome.error().code != Errc::kConflict) return finish(std::unexpected(std::move(outcome.error())));
    if (++tries_ >= kCommitTriesMax) return finish(fail(Errc::kConflict, "lost the race for this name too often"));
    executor_.post([self = this->shared_from_this()] { self->run(); });
  }

  // What the build function holds (buffers, epochs) is given back before anybody hears of the result.
  void finish(Result<T> result) {
    build_ = nullptr;
    promise_.complete(std::move(result));
  }

  Committer& committer_;
  Executor& executor_;
  Build build_;
  Promise<T> promise_;
  std::optional<T> value_;
  std::optional<Ticket<Done>> pending_;
  int tries_ = 0;
};

}  // namespace detail

// Calls build() on this thread, and again on the executor after each lost race. Both references outlive the ticket.
template <typename T>
Ticket<T> commit_loop(Committer& committer, Executor& executor, std::move_only_function<Result<Attempt<T>>()> build) {
  auto loop = std::make_shared<detail::CommitLoop<T>>(committer, executor, std::move(build));
  Ticket<T> ticket = loop->ticket();
  loop->run();
  return ticket;
}

// The same on this thread alone, which it blocks: for threads of an executor that could run out of others.
template <typename T>
Result<T> commit_here(Committer& committer, const std::function<Result<Attempt<T>>()>& build) {
  for (int tries = 0; tries < kCommitTriesMax; ++tries) {
    Result<Attempt<T>> attempt = build();
    if (!attempt) return std::unexpected(std::move(attempt.error()));
    const Result<Done> outcome = committer.submit(std::move(attempt->batch), std::move(attempt->lanes)).wait();
    if (outcome) return std::move(attempt->value);
    if (outcome.error().code != Errc::kConflict) return std::unexpected(outcome.error());
  }
  return fail(Errc::kConflict, "lost the race for this name too often");
}

}  // namespace objstore::storage
