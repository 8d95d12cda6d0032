#include "server/http/census.h"

#include <algorithm>

namespace objstore::http {

bool Census::enter(const std::string& address) {
  std::lock_guard lock(mutex_);
  if (total_ >= limits_.connections_max) return false;
  std::size_t& own = by_address_[address];
  if (own >= limits_.connections_per_peer_max) return false;
  ++own;
  ++total_;
  crest_ = std::max(crest_, total_);
  return true;
}

bool Census::leave(const std::string& address) {
  std::lock_guard lock(mutex_);
  const auto own = by_address_.find(address);
  if (--own->second == 0) by_address_.erase(own);
  if (--total_ == 0) changed_.notify_all();
  if (crest_ - total_ < std::max(kCrowd, crest_ / 2)) return false;
  crest_ = total_;
  return true;
}

std::size_t Census::total() const {
  std::lock_guard lock(mutex_);
  return total_;
}

bool Census::wait_until_empty(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [this] { return total_ == 0; });
}

void Census::wait_until_empty() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return total_ == 0; });
}

}  // namespace objstore::http
