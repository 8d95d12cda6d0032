// What a worker counts, and what a run amounts to. Values.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "bench/load/histogram.h"

namespace objstore::bench {

// What is timed. A multipart upload is timed as a whole too, from the first request to the last reply.
enum class Timed : std::uint8_t { kPut, kGet, kStat, kDelete, kList, kPart, kComplete, kUpload };
inline constexpr std::size_t kTimedCount = 8;
inline constexpr std::array<std::string_view, kTimedCount> kTimedNames = {"put",  "get",  "stat",     "delete",
                                                                          "list", "part", "complete", "upload"};

struct Measured {
  Histogram latency;  // of what succeeded
  std::uint64_t errors = 0;
  std::uint64_t bytes = 0;  // of bodies, in the direction of the operation
  std::uint64_t keys = 0;   // that were listed
};

struct Tally {
  std::array<Measured, kTimedCount> of;
  std::string first_error;

  Measured& operator[](Timed timed) { return of[static_cast<std::size_t>(timed)]; }
  void merge(const Tally& other) {
    for (std::size_t i = 0; i < kTimedCount; ++i) {
      of[i].latency.merge(other.of[i].latency);
      of[i].errors += other.of[i].errors;
      of[i].bytes += other.of[i].bytes;
      of[i].keys += other.of[i].keys;
    }
    if (first_error.empty()) first_error = other.first_error;
  }
};

}  // namespace objstore::bench
