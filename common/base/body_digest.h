// The digests that the bytes of an upload need, in one pass: MD5 and SHA-256 of the body, as they are wanted, and the
// SHA-256 of each chunk that the body is cut into. With the processor's SHA extensions all three cost about what MD5
// alone does; without, OpenSSL computes one after the other. A value of one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/digest_kernels.h"

namespace objstore {

class BodyDigest {
 public:
  // What of the whole body.
  enum class Wants : std::uint8_t { kNothing = 0, kMd5 = 1, kSha256 = 2, kMd5AndSha256 = 3 };
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

  class Steps;
  // chunk() in steps, for whoever digests several bodies at once; where has_steps(), which those of the portable path
  // have not, nor those of which anything but MD5 is wanted of the whole body.
  bool has_steps() const noexcept;
  Steps in_steps(ByteView chunk);

  struct Digests {
    Md5 md5{};        // zeros unless it was wanted
    Sha256 sha256{};  // as well
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

constexpr BodyDigest::Wants operator|(BodyDigest::Wants a, BodyDigest::Wants b) noexcept {
  return static_cast<BodyDigest::Wants>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}
constexpr bool includes(BodyDigest::Wants all, BodyDigest::Wants one) noexcept {
  return (all | one) == all;
}

// A chunk on its way through the digests of its body, with which nothing else is done before finish().
class BodyDigest::Steps {
 public:
  // Blocks of kernels::kBlock bytes.
  std::size_t left() const noexcept { return blocks_; }
  void advance(std::size_t blocks) noexcept;
  // Of one to kTogetherMax different bodies, in one stream of instructions: two in 0.6 of the time of one after the
  // other, four in 0.35 of it where the processor has AVX-512.
  static constexpr std::size_t kTogetherMax = 4;
  static void advance(std::span<Steps* const> bodies, std::size_t blocks) noexcept;
  // When none is left: the chunk's SHA-256.
  Sha256 finish();

 private:
  friend StitchedEngine;
  Steps(StitchedEngine& engine, ByteView chunk, ByteView whole, const kernels::Md5Chain& md5) noexcept;

  StitchedEngine* engine_;
  ByteView chunk_;
  ByteView whole_;  // of the chunk, from where a block of the body begins
  std::size_t blocks_;
  kernels::BodyLane lane_;
};

}  // namespace objstore
