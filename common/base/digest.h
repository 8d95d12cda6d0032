// Cryptographic digests by OpenSSL, with the EVP_MD fetched once. A Digest belongs to one thread at a time; the free
// functions may be called from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/bytes.h"

namespace objstore {

using Md5 = std::array<std::byte, 16>;
using Sha1 = std::array<std::byte, 20>;
using Sha256 = std::array<std::byte, 32>;

enum class DigestKind : std::uint8_t { kMd5, kSha1, kSha256, kSha512 };

// A running digest. After finish() the object starts anew.
class Digest {
 public:
  explicit Digest(DigestKind kind);
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();
  void update(ByteView bytes);
  std::string finish();  // raw bytes: 16, 20, 32 or 64

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Sha256 sha256(ByteView bytes);
Md5 md5(ByteView bytes);
Sha256 hmac_sha256(ByteView key, ByteView message);
// Constant time for equal lengths; false for unequal ones.
bool equal_constant_time(ByteView a, ByteView b) noexcept;
// From the operating system's generator; aborts when there is none.
void fill_random(MutableBytes out);
std::uint64_t random_u64();

}  // namespace objstore
