#include "server/storage/codec.h"

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::storage;

namespace {

std::string round_trip(const std::string& raw, bool& compressed) {
  std::string scratch;
  const Encoded encoded = encode_chunk(as_bytes(raw), scratch);
  compressed = !encoded.transforms.empty();
  BufferPool pool(raw.size() + 1, 1);
  Buffer out = pool.acquire();
  REQUIRE(decode_chunk(encoded.bytes, encoded.transforms, static_cast<std::uint32_t>(raw.size()), out));
  return std::string(as_text(out.view()));
}

}  // namespace

TEST_CASE("a chunk comes back as it was, compressed where that pays") {
  bool compressed = false;
  for (const std::size_t size : {1u, 511u, 512u, 5'000u, 100'000u, 1'000'000u}) {
    const std::string noise = test::random_bytes(size, size);
    CHECK(round_trip(noise, compressed) == noise);
    CHECK_FALSE(compressed);
    const std::string text(size, 'x');
    CHECK(round_trip(text, compressed) == text);
    CHECK(compressed == (size >= 512));
  }
}

TEST_CASE("damaged compressed bytes are refused, never returned") {
  const std::string raw(10'000, 'x');
  std::string scratch;
  const Encoded encoded = encode_chunk(as_bytes(raw), scratch);
  std::string stored(as_text(encoded.bytes));
  BufferPool pool(raw.size(), 1);
  for (std::size_t cut = 0; cut < stored.size(); ++cut) {
    Buffer out = pool.acquire();
    CHECK(test::error_of(decode_chunk(as_bytes(stored.substr(0, cut)), encoded.transforms, 10'000, out)) ==
          Errc::kCorrupt);
  }
  Buffer out = pool.acquire();
  CHECK(test::error_of(decode_chunk(as_bytes(stored), {static_cast<Transform>(99)}, 10'000, out)) == Errc::kCorrupt);
  CHECK(test::error_of(decode_chunk(as_bytes(stored), encoded.transforms, 9'999, out)) == Errc::kCorrupt);
}
