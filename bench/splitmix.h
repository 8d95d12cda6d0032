// splitmix64, for bytes and numbers that nothing compresses and that a run can make again from a counter.
#pragma once

#include <cstdint>

namespace objstore::bench {

// Every bit of the result depends on every bit of x, and no two x give the same.
constexpr std::uint64_t mix(std::uint64_t x) noexcept {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}

}  // namespace objstore::bench
