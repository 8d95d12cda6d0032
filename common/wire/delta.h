// Delta transfers: what two sides say to each other so that only the bytes that differ travel. objd's own extension of
// S3; docs/delta.md has the requests around it.
//
// A *signature* describes an object as blocks of one size: for each a rolling sum, which is cheap to compute at every
// position of another file, and half of a SHA-256. A *delta* is a list of instructions that makes one body out of
// another: ranges to copy, and literal bytes. Values and pure functions, any thread; a RollingSum or DeltaDecoder
// belongs to one thread at a time.
#pragma once

#include <objstore/error.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::wire {

inline constexpr std::uint64_t kDeltaBlockBytesMin = std::uint64_t{2} << 10;
inline constexpr std::uint64_t kDeltaBlocksMax = std::uint64_t{1} << 18;  // so a signature has at most 5 MiB
inline constexpr std::string_view kSignatureType = "application/vnd.objstore.signature";
inline constexpr std::string_view kDeltaType = "application/vnd.objstore.delta";
inline constexpr std::string_view kSignatureParameter = "objstore-signature";
inline constexpr std::string_view kDeltaParameter = "objstore-delta";
inline constexpr std::string_view kObjectSizeHeader = "x-objstore-object-size";
inline constexpr std::string_view kBlockSizeHeader = "x-objstore-block-size";

// The smallest power of two, from kDeltaBlockBytesMin on, that cuts an object into at most kDeltaBlocksMax blocks.
std::uint64_t delta_block_size(std::uint64_t object_size) noexcept;

// The sum of a window of bytes that moves on byte by byte: a polynomial modulo 2^64, of which the upper half counts.
class RollingSum {
 public:
  explicit RollingSum(std::size_t window) noexcept;
  void set(ByteView window) noexcept;
  void roll(std::byte out, std::byte in) noexcept {
    state_ = (state_ - std::to_integer<std::uint64_t>(out) * leaving_) * kBase + std::to_integer<std::uint64_t>(in);
  }
  std::uint32_t value() const noexcept { return static_cast<std::uint32_t>(state_ >> 32); }

 private:
  static constexpr std::uint64_t kBase = 0x9e3779b97f4a7c15;
  std::uint64_t leaving_ = 1;  // kBase to the power of window - 1
  std::uint64_t state_ = 0;
};

using StrongSum = std::array<std::byte, 16>;
StrongSum strong_sum(ByteView block);  // the first half of its SHA-256

struct BlockSum {
  std::uint32_t rolling = 0;
  StrongSum strong{};
};
inline constexpr std::size_t kBlockSumBytes = 20;
void append_block_sum(std::string& out, ByteView block);
// kMalformed when its length is no multiple of kBlockSumBytes.
Result<std::vector<BlockSum>> read_block_sums(std::string_view document);

// Instructions: "copy" 1, offset (8 bytes), length (8); "literal" 2, length (8), then the bytes. All numbers
// big-endian.
inline constexpr std::size_t kCopyBytes = 17;
inline constexpr std::size_t kLiteralHeadBytes = 9;
std::string encode_copy(std::uint64_t offset, std::uint64_t length);
std::string encode_literal_head(std::uint64_t length);

// Takes a delta in pieces of any size.
class DeltaDecoder {
 public:
  struct Target {
    std::function<Status(std::uint64_t offset, std::uint64_t length)> copy;
    std::function<Status(ByteView)> literal;
  };
  // The errors of the target, and kInvalidArgument for an unknown instruction or one of length 0.
  Status feed(ByteView bytes, const Target& target);
  // Whether the last instruction is whole.
  bool complete() const noexcept { return head_.empty() && literal_left_ == 0; }

 private:
  Status begin(const Target& target);
  std::string head_;
  std::uint64_t literal_left_ = 0;
};

}  // namespace objstore::wire
