// CPU time and memory of processes, from /proc. Any thread.
#pragma once

#include <cstdint>
#include <span>

namespace objstore::bench {

struct ProcessUsage {
  double cpu_seconds = 0;  // user and system, of all threads
  std::uint64_t resident_bytes = 0;
};

// Summed; a process that is gone counts nothing.
ProcessUsage usage_of(std::span<const int> pids);
// Of this process.
double own_cpu_seconds();

}  // namespace objstore::bench
