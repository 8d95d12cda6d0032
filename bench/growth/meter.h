// What operations cost: CPU time of this process, all its threads, and wall time. Of the thread that measures.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <cstdint>
#include <span>

namespace objstore::bench {

// Of one operation, in microseconds.
struct Cost {
  double cpu_us = 0;
  double wall_us = 0;
};

class Meter {
 public:
  Meter();  // runs from here on
  Cost per_operation(std::uint64_t operations) const;

 private:
  double cpu_seconds_;
  std::chrono::steady_clock::time_point start_;
};

// Of CPU and wall time separately. Not of nothing.
Cost median(std::span<const Cost> costs);

// Waits until the process rests: what RocksDB flushes and compacts after many writes is part of those, and not of what
// is measured next. Seen from outside, as the metadata port does not tell: no CPU time and no output for a second.
// kTimeout.
Status settle();

}  // namespace objstore::bench
