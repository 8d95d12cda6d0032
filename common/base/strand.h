// Pieces of work beside their owner's own, one after the other in the order in which they were added: on the executor,
// or by the owner where it has to wait and no thread there has begun. So nobody ever waits for a thread that may not
// come, also where the owner itself runs on one of the executor's.
//
// One thread at a time adds, and one, which may be another, waits. What the work refers to outlives it: the destructor
// waits.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "common/base/executor.h"

namespace objstore {

class Strand {
 public:
  using Work = std::move_only_function<Status()>;

  explicit Strand(Executor& executor);
  ~Strand();
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  // The failure of an earlier piece, after which no other is run.
  Status add(Work work);
  // Until at most so many are left. The first failure; kInternal for a piece that threw.
  Status wait(std::size_t left_max = 0);

 private:
  struct Queue;
  Executor& executor_;
  const std::shared_ptr<Queue> queue_;  // shared with the task on the executor
};

}  // namespace objstore
