// How many connections there are, in all and of each address. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "server/http/limits.h"

namespace objstore::http {

class Census {
 public:
  // After fewer departures memory is not worth the walk through all of it that giving it back is.
  static constexpr std::size_t kCrowd = 128;

  explicit Census(const Limits& limits) : limits_(limits) {}

  // False over a limit.
  bool enter(const std::string& address);
  // True when a crowd has left, half of those who were there at least, since this was last true: what they held lies in
  // the allocator, which gives nothing back to the system by itself.
  bool leave(const std::string& address);
  std::size_t total() const;
  // True when nobody is left.
  bool wait_until_empty(std::chrono::milliseconds patience);
  void wait_until_empty();

 private:
  const Limits limits_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t total_ = 0;                                    // guarded by mutex_
  std::size_t crest_ = 0;                                    // the most since leave() was true; guarded by mutex_
  std::unordered_map<std::string, std::size_t> by_address_;  // guarded by mutex_
};

}  // namespace objstore::http
