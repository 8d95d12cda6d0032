#include "common/wire/checksum.h"

#include <catch2/catch.hpp>
#include <random>

#include "common/wire/crc_math.h"

using namespace objstore;
using namespace objstore::wire;
using A = ChecksumAlgorithm;

namespace {

std::string hex_of(A algorithm, std::string_view text) {
  Checksum checksum(algorithm);
  checksum.update(as_bytes(text));
  return to_hex(as_bytes(checksum.finish()));
}

// One bit at a time, straight from the definition.
std::uint64_t slow_crc(const CrcField& field, std::string_view text) {
  const std::uint64_t ones = field.width == 64 ? ~std::uint64_t{0} : 0xFFFFFFFF;
  std::uint64_t state = ones;
  for (const char c : text) {
    state ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) state = (state & 1) != 0 ? (state >> 1) ^ field.polynomial : state >> 1;
  }
  return state ^ ones;
}

std::string slow_raw(A algorithm, std::string_view text) {
  const CrcField field = algorithm == A::kCrc32    ? CrcField{kCrc32Polynomial, 32}
                         : algorithm == A::kCrc32c ? CrcField{kCrc32cPolynomial, 32}
                                                   : CrcField{kCrc64NvmePolynomial, 64};
  std::string raw;
  append_u64_be(raw, slow_crc(field, text));
  return raw.substr(8 - checksum_size(algorithm));
}

std::string random_text(std::mt19937_64& random, std::size_t size) {
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

std::string raw_of(A algorithm, std::string_view text) {
  Checksum checksum(algorithm);
  checksum.update(as_bytes(text));
  return checksum.finish();
}

}  // namespace

TEST_CASE("check values of 123456789") {
  CHECK(hex_of(A::kCrc32, "123456789") == "cbf43926");
  CHECK(hex_of(A::kCrc32c, "123456789") == "e3069283");
  CHECK(hex_of(A::kCrc64Nvme, "123456789") == "ae8b14860a799888");
  CHECK(hex_of(A::kSha1, "123456789") == "f7c3bc1d808e04732adf679965ccc34ca7ae3441");
  CHECK(hex_of(A::kSha256, "123456789") == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
  CHECK(hex_of(A::kSha512, "123456789").substr(0, 32) == "d9e6762dd1c8eaf6d61b3c6192fc408d");
  CHECK(hex_of(A::kMd5, "123456789") == "25f9e794323b453885f5181f1b624d0b");
}

// https://github.com/Cyan4973/xxHash: the digests of nothing, and of "abc" as the reference's xxhsum prints them.
TEST_CASE("check values of XXH64 and XXH3") {
  CHECK(hex_of(A::kXxhash64, "") == "ef46db3751d8e999");
  CHECK(hex_of(A::kXxhash3, "") == "2d06800538d394c2");
  CHECK(hex_of(A::kXxhash128, "") == "99aa06d3014798d86001c324468d497f");
  CHECK(hex_of(A::kXxhash64, "abc") == "44bc2cf5ad770999");
  CHECK(hex_of(A::kXxhash3, "abc") == "78af5f94892f3950");
  CHECK(hex_of(A::kXxhash128, "abc") == "06b05ab6733a618578af5f94892f3950");
}

TEST_CASE("a checksum starts anew when it is finished, in pieces of any size") {
  for (const A algorithm : kChecksumAlgorithms) {
    const std::string text(1000, 'x');
    Checksum checksum(algorithm);
    for (const std::size_t piece : {1, 7, 1000}) {
      for (std::size_t at = 0; at < text.size(); at += piece)
        checksum.update(as_bytes(std::string_view(text).substr(at, piece)));
      CHECK(checksum.finish() == raw_of(algorithm, text));
    }
    CHECK(raw_of(algorithm, text).size() == checksum_size(algorithm));
  }
}

TEST_CASE("checksums of nothing") {
  CHECK(hex_of(A::kCrc32, "") == "00000000");
  CHECK(hex_of(A::kCrc64Nvme, "") == "0000000000000000");
  CHECK(hex_of(A::kSha1, "") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("the base64 form of AWS's trailer example") {
  Checksum checksum(A::kCrc32c);
  checksum.update(as_bytes(std::string(66560, 'a')));
  CHECK(checksum.finish_base64() == "sOO8/Q==");
}

TEST_CASE("CRCs of random bytes in random pieces equal the slow definition") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 60; ++round) {
    const std::string text = random_text(random, random() % 3000);
    for (const A algorithm : {A::kCrc32, A::kCrc32c, A::kCrc64Nvme}) {
      Checksum checksum(algorithm);
      for (std::string_view rest = text; !rest.empty();) {
        const std::size_t piece = std::min<std::size_t>(rest.size(), 1 + random() % 700);
        checksum.update(as_bytes(rest.substr(0, piece)));
        rest.remove_prefix(piece);
      }
      CHECK(to_hex(as_bytes(checksum.finish())) == to_hex(as_bytes(slow_raw(algorithm, text))));
    }
  }
}

TEST_CASE("fold and table of CRC64NVME agree at every length and alignment") {
  std::mt19937_64 random(7);
  const std::string text = random_text(random, 1100);
  for (std::size_t start = 0; start < 16; start += 5)
    for (std::size_t size = 0; size + start <= text.size(); ++size) {
      const ByteView piece = as_bytes(std::string_view(text).substr(start, size));
      if (crc64nvme(start, piece) != crc64nvme_table(start, piece)) FAIL("at " << start << ", " << size);
    }
}

TEST_CASE("CRCs of parts combine into the whole's") {
  std::mt19937_64 random(11);
  for (const A algorithm : {A::kCrc32, A::kCrc32c, A::kCrc64Nvme}) {
    std::string whole;
    std::vector<PartChecksum> parts;
    for (const std::size_t size : {1u, 0u, 1000u, 77u, 5000u, 8192u}) {
      const std::string part = random_text(random, size);
      parts.push_back({raw_of(algorithm, part), size});
      whole += part;
    }
    CHECK(combine_checksums(algorithm, parts) == raw_of(algorithm, whole));
    CHECK(combine_checksums(algorithm, {}) == raw_of(algorithm, ""));
  }
}

TEST_CASE("combining knows lengths that nobody hashes in a test") {
  const CrcField field{kCrc64NvmePolynomial, 64};
  // Zeroes in front of nothing: 2^40 at once, and twice 2^39.
  const std::uint64_t half = field.combine(1, 0, std::uint64_t{1} << 39);
  CHECK(field.combine(1, 0, std::uint64_t{1} << 40) == field.combine(half, 0, std::uint64_t{1} << 39));
  CHECK(field.combine(1, 5, 0) == (1u ^ 5u));
  CHECK(field.combine(1, 0, ~std::uint64_t{0}) == field.combine(field.combine(1, 0, ~std::uint64_t{0} - 1), 0, 1));
}

TEST_CASE("only CRCs of the right length combine") {
  const PartChecksum sha{raw_of(A::kSha256, "x"), 1};
  CHECK(combine_checksums(A::kSha256, std::span(&sha, 1)).error().code == Errc::kInvalidArgument);
  CHECK(combine_checksums(A::kCrc32, std::span(&sha, 1)).error().code == Errc::kInvalidArgument);
  CHECK(composite_checksum(A::kSha1, std::span(&sha, 1)).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a composite checksum is the checksum of checksums") {
  const std::vector<PartChecksum> parts = {{raw_of(A::kSha256, "a"), 1}, {raw_of(A::kSha256, "b"), 1}};
  const std::string both = parts[0].raw + parts[1].raw;
  CHECK(composite_checksum(A::kSha256, parts) == to_base64(as_bytes(raw_of(A::kSha256, both))) + "-2");
}

TEST_CASE("names go both ways") {
  for (const A algorithm : kChecksumAlgorithms) {
    CHECK(checksum_from_name(checksum_name(algorithm)) == algorithm);
    CHECK(checksum_from_header(checksum_header(algorithm)) == algorithm);
    CHECK(checksum_element(algorithm) == "Checksum" + std::string(checksum_name(algorithm)));
    CHECK(raw_of(algorithm, "x").size() == checksum_size(algorithm));
  }
  CHECK(checksum_from_name("crc32c") == A::kCrc32c);
  CHECK_FALSE(checksum_from_name("SHA384"));
  CHECK_FALSE(checksum_from_header("x-amz-checksum-algorithm"));
}

TEST_CASE("a checksum's text is base64 of the right length") {
  CHECK(decode_checksum(A::kCrc32, "y/Q5Jg==") == "\xcb\xf4\x39\x26");
  CHECK_FALSE(decode_checksum(A::kCrc32, "y/Q5Jg"));
  CHECK_FALSE(decode_checksum(A::kCrc64Nvme, "y/Q5Jg=="));
  CHECK_FALSE(decode_checksum(A::kCrc32, ""));
}
