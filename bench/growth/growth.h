// The measurements: what an operation costs as the store that it meets grows.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <vector>

namespace objstore::bench {

struct GrowthOptions {
  std::string directory;             // is made, and removed at the end
  std::vector<std::uint64_t> sizes;  // ascending: keys, or GB (10^9 bytes)
  unsigned rounds = 5;
  std::uint64_t cache_bytes = 0;  // of the metadata; 0: as the server comes
};

// A page of a listing has to fit in several times.
inline constexpr std::uint64_t kKeysMin = 10'000;

// Each gives its tables in Markdown.
Result<std::string> measure_keys(const GrowthOptions& options);
Result<std::string> measure_data(const GrowthOptions& options);

}  // namespace objstore::bench
