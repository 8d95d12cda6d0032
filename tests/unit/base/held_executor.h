// An executor that keeps what is posted until somebody lets it run.
#pragma once

#include <utility>
#include <vector>

#include "common/base/executor.h"

namespace objstore {

class HeldExecutor final : public Executor {
 public:
  void post(Task task) override { held.push_back(std::move(task)); }
  std::vector<Task> held;
};

}  // namespace objstore
