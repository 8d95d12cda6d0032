#include "bench/load/payload.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <memory>
#include <vector>

namespace objstore::bench {
namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kMiB = std::size_t{1} << 20;

std::vector<std::byte> content(const std::shared_ptr<const PayloadBase>& base, std::uint64_t object) {
  Payload payload(base);
  const ByteView bytes = payload.of(object);
  return {bytes.begin(), bytes.end()};
}

std::size_t blocks_in_common(const std::vector<std::byte>& a, const std::vector<std::byte>& b) {
  std::size_t count = 0;
  for (std::size_t at = 0; at < a.size(); at += kBlock) {
    const auto first = a.begin() + static_cast<std::ptrdiff_t>(at);
    if (std::equal(first, first + kBlock, b.begin() + static_cast<std::ptrdiff_t>(at))) ++count;
  }
  return count;
}

TEST_CASE("contents follow from prefix and object, and no two objects have a block in common") {
  const auto base = std::make_shared<const PayloadBase>(kMiB, "a/", 0);
  const auto again = std::make_shared<const PayloadBase>(kMiB, "a/", 0);
  const auto other = std::make_shared<const PayloadBase>(kMiB, "b/", 0);
  CHECK(content(base, 7) == content(again, 7));
  CHECK(blocks_in_common(content(base, 7), content(base, 8)) == 0);
  CHECK(blocks_in_common(content(base, 7), content(other, 7)) == 0);
}

TEST_CASE("a buffer that held another object holds nothing of it afterwards") {
  const auto base = std::make_shared<const PayloadBase>(8 * kMiB + 5, "a/", 50);
  Payload payload(base);
  payload.of(1);
  const ByteView bytes = payload.of(2);
  CHECK(std::ranges::equal(bytes, content(base, 2)));
}

TEST_CASE("the share that objects have in common is about what was asked for") {
  const auto base = std::make_shared<const PayloadBase>(64 * kMiB, "a/", 50);
  const auto base_blocks = std::vector<std::byte>(base->base().begin(), base->base().end());
  const double share = static_cast<double>(blocks_in_common(content(base, 3), base_blocks)) / (64 * kMiB / kBlock);
  CHECK(share > 0.3);
  CHECK(share < 0.7);
  const auto same = std::make_shared<const PayloadBase>(kMiB, "a/", 100);
  CHECK(content(same, 1) == content(same, 2));
}

TEST_CASE("a reader tells right bytes from wrong, missing and surplus ones, however they arrive") {
  const PayloadBase base(3 * kBlock + 17, "a/", 0);
  const auto bytes = content(std::make_shared<const PayloadBase>(base), 9);
  for (const std::size_t step : {std::size_t{1}, std::size_t{5}, std::size_t{4095}, std::size_t{9000}}) {
    PayloadCheck right(base, 9);
    PayloadCheck other_object(base, 8);
    for (std::size_t at = 0; at < bytes.size(); at += step) {
      const ByteView piece = ByteView(bytes).subspan(at, std::min(step, bytes.size() - at));
      CHECK_FALSE(right.ok());
      right.feed(piece);
      other_object.feed(piece);
    }
    CHECK(right.ok());
    CHECK_FALSE(other_object.ok());
    right.feed(ByteView(bytes).first(1));
    CHECK_FALSE(right.ok());
  }
  auto damaged = bytes;
  damaged[5000] ^= std::byte{1};
  PayloadCheck check(base, 9);
  check.feed(damaged);
  CHECK_FALSE(check.ok());
}

}  // namespace
}  // namespace objstore::bench
