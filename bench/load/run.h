// A whole run: bucket and objects are prepared, workers warmed up, the operations counted. One thread calls; it starts
// a thread for each connection.
#pragma once

#include <objstore/error.h>

#include <cstdint>

#include "bench/load/options.h"
#include "bench/load/tally.h"

namespace objstore::bench {

struct Outcome {
  Tally tally;
  double seconds = 0;             // from the first counted operation to the end of the last
  double server_cpu_seconds = 0;  // in that time
  double client_cpu_seconds = 0;
  std::uint64_t server_bytes_before = 0;  // resident memory
  std::uint64_t server_bytes_peak = 0;    // ... sampled ten times a second
};

// Errors before the measurement; those of single operations are in the tally.
Result<Outcome> run(const Options& options);

}  // namespace objstore::bench
