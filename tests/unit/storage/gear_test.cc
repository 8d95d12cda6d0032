#include "server/storage/gear.h"

#include <catch2/catch.hpp>
#include <random>
#include <vector>

using namespace objstore;
namespace gear = storage::gear;

namespace {

// The definition, byte by byte from the origin on.
std::size_t by_definition(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to, std::uint64_t mask) {
  std::uint64_t hash = 0;
  for (std::size_t i = origin; i < to; ++i) {
    hash = 2 * hash + gear::table().words[std::to_integer<std::size_t>(bytes[i])];
    if (i >= from && (hash & mask) == 0) return i;
  }
  return to;
}

// Of `letters` different bytes: the fewer, the more often the same hashes come again.
std::vector<std::byte> text(std::mt19937_64& random, std::size_t size, unsigned letters) {
  std::vector<std::byte> bytes(size);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % letters * 37);
  return bytes;
}

}  // namespace

TEST_CASE("the first place that meets a mask is found by words and by vectors, from wherever the search begins") {
  if (!gear::vectors_available()) WARN("this processor lacks AVX-512 VBMI: by words alone");
  std::mt19937_64 random(11);
  std::size_t found = 0;
  for (int round = 0; round < 4000; ++round) {
    const unsigned letters = 1 + static_cast<unsigned>(random() % 3) * 127;  // 1, 128, 255
    const auto bytes = text(random, 1 + random() % 3000, letters);
    const std::size_t origin = random() % bytes.size();
    const std::size_t from = origin + random() % (bytes.size() - origin);
    const std::size_t to = from + random() % (bytes.size() - from + 1);
    // From masks that each hash meets to such that none does; in the low half of the words, the high one, or both.
    std::uint64_t mask = 0;
    for (std::uint64_t bits = random() % 14; bits > 0; --bits) mask |= std::uint64_t{1} << (8 + random() % 40);
    const std::size_t expected = by_definition(bytes, origin, from, to, mask);
    if (expected < to && expected > origin + gear::kWindow) ++found;
    CHECK(gear::find_by_words(bytes, origin, from, to, mask) == expected);
    if (gear::vectors_available()) CHECK(gear::find_by_vectors(bytes, origin, from, to, mask) == expected);
    CHECK(gear::find(bytes, origin, from, to, mask) == expected);
  }
  CHECK(found > 500);
}

TEST_CASE("a hash depends on the bytes of its window alone") {
  std::mt19937_64 random(12);
  auto bytes = text(random, 200, 255);
  const std::uint64_t before = gear::hash_of(bytes, 0, 200);
  CHECK(gear::hash_of(bytes, 200 - gear::kWindow, 200) == before);
  bytes[200 - gear::kWindow - 1] ^= std::byte{1};
  CHECK(gear::hash_of(bytes, 0, 200) == before);
  bytes[200 - gear::kWindow / 2] ^= std::byte{1};
  CHECK(gear::hash_of(bytes, 0, 200) != before);
}
