// The compression functions of MD5 and SHA-256, over whole blocks of 64 bytes, and several of them in one stream of
// instructions. What BodyDigest and digest.cc are made of; nobody else needs them. Pure functions, any thread.
//
// MD5 is a chain of dependent steps that leaves most of a processor idle. SHA-256's instructions fit into the gaps:
// both together take hardly longer than MD5 alone (docs/decisions/0018-digests-in-one-pass.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore::kernels {

inline constexpr std::size_t kBlock = 64;

struct Md5Chain {
  std::uint32_t h[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
};
struct Sha256Chain {
  std::uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};

// Whether this processor can run what follows (SHA extensions, SSE 4.1). Asked once. Without, use OpenSSL.
bool available() noexcept;

void md5(Md5Chain& md5, const std::byte* data, std::size_t blocks) noexcept;
void sha256(Sha256Chain& sha, const std::byte* data, std::size_t blocks) noexcept;
// Each digest has its own place in the data.
void md5_sha256(Md5Chain& md5, const std::byte* md5_data, Sha256Chain& sha, const std::byte* sha_data,
                std::size_t blocks) noexcept;
// MD5 and `same` over the same bytes.
void md5_sha256_sha256(Md5Chain& md5, Sha256Chain& same, const std::byte* data, Sha256Chain& other,
                       const std::byte* other_data, std::size_t blocks) noexcept;

// Where both digests of a body are: the MD5 of all of it, the SHA-256 of a chunk; each at its own place in the data.
struct BodyLane {
  Md5Chain md5;
  const std::byte* md5_data = nullptr;
  Sha256Chain sha;
  const std::byte* sha_data = nullptr;
};
// md5_sha256 of two bodies, which takes 1.25 times as long as that of one. Both lanes move on.
void advance_two(BodyLane& one, BodyLane& two, std::size_t blocks) noexcept;
// Whether this processor can run advance_by_vectors (AVX-512VL, besides what available() asks for).
bool vectors_available() noexcept;
// The same of two to four bodies.
void advance_by_vectors(std::span<BodyLane* const> lanes, std::size_t blocks) noexcept;

// The digest of a message of `bytes` bytes, of which `rest` (any length) is what the chain has not seen yet.
Md5 end_md5(Md5Chain chain, ByteView rest, std::uint64_t bytes) noexcept;
Sha256 end_sha256(Sha256Chain chain, ByteView rest, std::uint64_t bytes) noexcept;

}  // namespace objstore::kernels
