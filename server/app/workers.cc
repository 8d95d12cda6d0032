#include "server/app/workers.h"

#include <mutex>
#include <utility>

namespace objstore::app {

Workers::Workers(std::size_t threads) : pool_(std::make_unique<WorkerPool>(threads)) {}

Workers::~Workers() {
  close();
}

void Workers::post(Task task) {
  const std::shared_lock lock(mutex_);
  if (pool_) pool_->post(std::move(task));
}

void Workers::close() {
  std::unique_ptr<WorkerPool> pool;
  {
    const std::unique_lock lock(mutex_);
    pool = std::move(pool_);
  }
  // Destroyed without the lock: its tasks may post.
}

}  // namespace objstore::app
