#include "common/base/copy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <vector>

namespace objstore {
namespace {

// Copies `size` bytes between these offsets, and nothing beside them.
void check(void (*copy)(ByteView, MutableBytes) noexcept, std::size_t from, std::size_t to, std::size_t size) {
  CAPTURE(from, to, size);
  std::mt19937 random(static_cast<unsigned>(from * 31 + to * 7 + size));
  std::vector<std::byte> source(from + size + 3);
  for (std::byte& byte : source) byte = static_cast<std::byte>(random());
  constexpr std::byte kUntouched{0xA5};
  std::vector<std::byte> target(to + size + 100, kUntouched);
  copy(ByteView(source).subspan(from, size), MutableBytes(target).subspan(to));
  CHECK(std::equal(source.begin() + static_cast<std::ptrdiff_t>(from),
                   source.begin() + static_cast<std::ptrdiff_t>(from + size),
                   target.begin() + static_cast<std::ptrdiff_t>(to)));
  target.erase(target.begin() + static_cast<std::ptrdiff_t>(to),
               target.begin() + static_cast<std::ptrdiff_t>(to + size));
  CHECK(std::ranges::all_of(target, [](std::byte byte) { return byte == kUntouched; }));
}

TEST_CASE("bytes arrive, whatever their number and wherever they lie") {
  for (const auto copy : {&copy_bytes, &copy_bytes_out}) {
    for (const std::size_t size : {0, 1, 15, 63, 64, 65, 127, 200, 4095, 4096, 4097, 8192, 70'001})
      for (const std::size_t from : {0, 1, 72})
        for (const std::size_t to : {0, 1, 63, 64, 72}) check(copy, from, to, size);
  }
}

}  // namespace
}  // namespace objstore
