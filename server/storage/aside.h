// One piece of work beside its owner's own: on the executor, or, when no thread there has begun it by the time that the
// owner needs its result, by the owner. So nobody ever waits for a thread that may not come, also where the owner
// itself is one of the executor's.
//
// Of one thread at a time. What the work refers to outlives it: the destructor waits.
#pragma once

#include <objstore/error.h>

#include <functional>
#include <memory>

#include "common/base/executor.h"

namespace objstore::storage {

class Aside {
 public:
  using Work = std::move_only_function<Status()>;

  explicit Aside(Executor& executor) : executor_(executor) {}
  ~Aside();
  Aside(const Aside&) = delete;
  Aside& operator=(const Aside&) = delete;

  // CHECKs that the last piece has been waited for.
  void start(Work work);
  // What the piece that was started has given, once; success when there is none. kInternal when it threw.
  Status wait();

 private:
  struct Piece;
  Executor& executor_;
  std::shared_ptr<Piece> piece_;  // shared with the task on the executor
};

}  // namespace objstore::storage
