// The digests that the bytes of an upload need, in one pass: MD5 and, if wanted, SHA-256 of the body, and the SHA-256
// of each chunk that the body is cut into. With the processor's SHA extensions all three cost about what MD5 alone
// does; without, OpenSSL computes one after the other. A value of one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore {

class BodyDigest {
 public:
  // What of the whole body, beside MD5.
  enum class Wants : std::uint8_t { kMd5, kMd5AndSha256 };
  // Which code computes. kFastest is what the processor can; tests ask for the other.
  enum class Path : std::uint8_t { kFastest, kPortable };

  explicit BodyDigest(Wants wants, Path path = Path::kFastest);
  BodyDigest(BodyDigest&&) noexcept;
  BodyDigest& operator=(BodyDigest&&) noexcept;
  ~BodyDigest();

  // The body's next bytes, which are no chunk of their own.
  void update(ByteView bytes);
  // The body's next bytes, which are a chunk: its SHA-256.
  Sha256 chunk(ByteView bytes);

  struct Digests {
    Md5 md5{};
    Sha256 sha256{};  // zeros unless it was wanted
  };
  // Of the whole body. The object starts anew.
  Digests finish();

  // True when kFastest is more than OpenSSL here.
  static bool is_accelerated() noexcept;

 private:
  class Engine;
  class StitchedEngine;
  class PortableEngine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace objstore
