#include "common/wire/delta.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::wire;

namespace {

struct Decoded {
  std::string text;
  Status status;
  bool complete = false;
};

Decoded decode(std::string_view delta, std::size_t piece) {
  Decoded out;
  DeltaDecoder decoder;
  const DeltaDecoder::Target target{.copy = [&](std::uint64_t offset, std::uint64_t length) -> Status {
                                      out.text += "[" + std::to_string(offset) + "+" + std::to_string(length) + "]";
                                      return {};
                                    },
                                    .literal = [&](ByteView bytes) -> Status {
                                      out.text += as_text(bytes);
                                      return {};
                                    }};
  for (std::size_t at = 0; at < delta.size() && out.status; at += piece)
    out.status = decoder.feed(as_bytes(delta.substr(at, piece)), target);
  out.complete = decoder.complete();
  return out;
}

}  // namespace

TEST_CASE("a delta reads the same in pieces of any size") {
  const std::string delta = encode_copy(7, 1'000'000'000'000) + encode_literal_head(5) + "hello" + encode_copy(0, 1);
  for (std::size_t piece = 1; piece <= delta.size(); ++piece) {
    const Decoded decoded = decode(delta, piece);
    REQUIRE(decoded.status);
    CHECK(decoded.text == "[7+1000000000000]hello[0+1]");
    CHECK(decoded.complete);
  }
}

TEST_CASE("a delta that breaks off is not complete") {
  const std::string delta = encode_copy(7, 8) + encode_literal_head(5) + "hello";
  for (std::size_t cut = 1; cut < delta.size(); ++cut) {
    const bool between = cut == kCopyBytes;
    CHECK(decode(std::string_view(delta).substr(0, cut), 3).complete == between);
  }
  CHECK(decode("", 1).complete);
}

TEST_CASE("unknown and empty instructions are refused") {
  CHECK(decode(std::string("\x03garbage-garbage-garbage"), 100).status.error().code == Errc::kInvalidArgument);
  CHECK(decode(std::string("\0", 1), 1).status.error().code == Errc::kInvalidArgument);
  CHECK(decode(encode_copy(5, 0), 100).status.error().code == Errc::kInvalidArgument);
  CHECK(decode(encode_literal_head(0), 100).status.error().code == Errc::kInvalidArgument);
}

TEST_CASE("the rolling sum is that of its window, wherever it comes from") {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  constexpr std::size_t kWindow = 8;
  RollingSum rolling(kWindow);
  rolling.set(as_bytes(text).first(kWindow));
  for (std::size_t at = 0; at + kWindow < text.size(); ++at) {
    RollingSum fresh(kWindow);
    fresh.set(as_bytes(text).subspan(at, kWindow));
    CHECK(rolling.value() == fresh.value());
    rolling.roll(as_bytes(text)[at], as_bytes(text)[at + kWindow]);
  }
}

TEST_CASE("signatures are bounded whatever the object's size") {
  CHECK(delta_block_size(0) == kDeltaBlockBytesMin);
  CHECK(delta_block_size(600'000'000) == 4096);
  for (std::uint64_t size = 1; size <= std::uint64_t{5} << 30; size = size * 3 + 1)
    CHECK((size + delta_block_size(size) - 1) / delta_block_size(size) <= kDeltaBlocksMax);
  CHECK(read_block_sums(std::string(19, 'x')).error().code == Errc::kMalformed);
}
