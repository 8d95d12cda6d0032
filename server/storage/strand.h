// Pieces of work beside their owner's own, one after the other in the order in which they were added: on the executor,
// or by the owner where it has to wait and no thread there has begun. So nobody ever waits for a thread that may not
// come, also where the owner itself runs on one of the executor's.
//
// One thread at a time adds and waits; it may be a piece of another strand. What the work refers to outlives it: the
// destructor waits.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <functional>
#include <memory>

#include "common/base/executor.h"

namespace objstore::storage {

class Strand {
 public:
  using Work = std::move_only_function<Status()>;

  // At most `depth` pieces are waiting or running.
  Strand(Executor& executor, std::size_t depth);
  ~Strand();
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;

  // Waits for room. The failure of an earlier piece, after which no other is run.
  Status add(Work work);
  // Until all have run. The first failure; kInternal for a piece that threw.
  Status wait();

 private:
  struct Queue;
  Executor& executor_;
  const std::size_t depth_;
  const std::shared_ptr<Queue> queue_;  // shared with the task on the executor
};

}  // namespace objstore::storage
