#include "server/storage/chunker.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "common/base/digest.h"

using namespace objstore;
using storage::Chunker;

namespace {

std::vector<std::size_t> cuts(const Chunker& chunker, std::string_view bytes) {
  std::vector<std::size_t> lengths;
  while (!bytes.empty()) {
    lengths.push_back(chunker.cut(as_bytes(bytes)));
    bytes.remove_prefix(lengths.back());
  }
  return lengths;
}

std::string noise(std::size_t size) {
  std::mt19937_64 random(42);  // its output is fixed by the C++ standard
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

}  // namespace

// The implementation that produced these lengths also gave the Remote Execution API's vectors
// (fastcdc2020_test_vectors.txt, seed 0: 19186 19279 17354 16387 19940 17320 for an average of 16 KiB), whose input is
// a picture that is not kept here.
TEST_CASE("the cuts of a known input never change, since stores depend on them") {
  const std::vector<std::size_t> expected = {15437, 19310, 17812, 18853, 16936, 17020,
                                             19281, 12910, 19623, 16995, 25823};
  CHECK(cuts(Chunker(16384), noise(200'000)) == expected);
}

TEST_CASE("zeros have no content to define a cut, so they are cut at the maximum") {
  const Chunker chunker(1024);
  CHECK(cuts(chunker, std::string(10'240, '\0')) == std::vector<std::size_t>{4096, 4096, 2048});
}

TEST_CASE("every chunk but the last is between minimum and maximum, and near the average on the whole") {
  const Chunker chunker(4096);
  const auto lengths = cuts(chunker, noise(4 << 20));
  for (std::size_t i = 0; i + 1 < lengths.size(); ++i) {
    CHECK(lengths[i] >= chunker.min_size());
    CHECK(lengths[i] <= chunker.max_size());
  }
  const double average = double(4 << 20) / double(lengths.size());
  CHECK(average > 4096 * 0.8);
  CHECK(average < 4096 * 1.6);
}

TEST_CASE("an insertion changes the chunks around it and no others") {
  const Chunker chunker(4096);
  const std::string before = noise(1 << 20);
  std::string after = before;
  after.insert(500'000, "something new");
  const auto a = cuts(chunker, before);
  const auto b = cuts(chunker, after);
  std::size_t common_head = 0;
  while (a[common_head] == b[common_head]) ++common_head;
  std::size_t common_tail = 0;
  while (a[a.size() - 1 - common_tail] == b[b.size() - 1 - common_tail]) ++common_tail;
  CHECK(common_head + common_tail >= a.size() - 3);
}

TEST_CASE("a cut depends on nothing behind the maximum") {
  const Chunker chunker(4096);
  const std::string bytes = noise(100'000);
  CHECK(chunker.cut(as_bytes(bytes)) == chunker.cut(as_bytes(std::string_view(bytes).substr(0, chunker.max_size()))));
}

TEST_CASE("bytes that come bit by bit are cut like those that are there at once") {
  const Chunker chunker(1024);
  std::mt19937_64 random(7);
  for (int round = 0; round < 300; ++round) {
    // Some end by content, some at the maximum, some at their own end, of even and odd length.
    const std::string bytes =
        (round % 3 == 0 ? std::string(9000, 'x') : noise(9000)).substr(random() % 900, random() % 8001);
    const std::size_t expected = chunker.cut(as_bytes(bytes));
    std::size_t done = 0;
    std::optional<std::size_t> cut;
    for (std::size_t here = 0; here < bytes.size() && !cut;) {
      here = std::min(bytes.size(), here + 1 + random() % 700);
      cut = chunker.cut_so_far(as_bytes(std::string_view(bytes).substr(0, here)), done);
    }
    CHECK(cut.value_or(bytes.size()) == expected);
  }
}
