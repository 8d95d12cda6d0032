#include "common/wire/delta.h"

#include <algorithm>

#include "common/base/digest.h"

namespace objstore::wire {
namespace {

constexpr char kCopy = 1;
constexpr char kLiteral = 2;

std::size_t head_size(char kind) {
  return kind == kCopy ? kCopyBytes : kLiteralHeadBytes;
}

}  // namespace

std::uint64_t delta_block_size(std::uint64_t object_size) noexcept {
  std::uint64_t size = kDeltaBlockBytesMin;
  while (object_size / size >= kDeltaBlocksMax) size *= 2;
  return size;
}

RollingSum::RollingSum(std::size_t window) noexcept {
  for (std::size_t i = 1; i < window; ++i) leaving_ *= kBase;
}

void RollingSum::set(ByteView window) noexcept {
  state_ = 0;
  for (const std::byte byte : window) state_ = state_ * kBase + std::to_integer<std::uint64_t>(byte);
}

StrongSum strong_sum(ByteView block) {
  const Sha256 digest = sha256(block);
  StrongSum out;
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

void append_block_sum(std::string& out, ByteView block) {
  RollingSum sum(block.size());
  sum.set(block);
  append_u32_be(out, sum.value());
  out += as_text(strong_sum(block));
}

Result<std::vector<BlockSum>> read_block_sums(std::string_view document) {
  if (document.size() % kBlockSumBytes != 0) return fail(Errc::kMalformed, "a signature of an odd length");
  std::vector<BlockSum> out(document.size() / kBlockSumBytes);
  for (BlockSum& sum : out) {
    sum.rolling = read_u32_be(document);
    const ByteView strong = as_bytes(document.substr(sizeof sum.rolling, sum.strong.size()));
    std::ranges::copy(strong, sum.strong.begin());
    document.remove_prefix(kBlockSumBytes);
  }
  return out;
}

std::string encode_copy(std::uint64_t offset, std::uint64_t length) {
  std::string out(1, kCopy);
  append_u64_be(out, offset);
  append_u64_be(out, length);
  return out;
}

std::string encode_literal_head(std::uint64_t length) {
  std::string out(1, kLiteral);
  append_u64_be(out, length);
  return out;
}

Status DeltaDecoder::begin(const Target& target) {
  const std::string_view numbers = std::string_view(head_).substr(1);
  const std::uint64_t first = read_u64_be(numbers);
  const std::uint64_t length = head_[0] == kCopy ? read_u64_be(numbers.substr(sizeof first)) : first;
  const bool copies = head_[0] == kCopy;
  head_.clear();
  if (length == 0) return fail(Errc::kInvalidArgument, "an instruction of a delta that does nothing");
  if (copies) return target.copy(first, length);
  literal_left_ = length;
  return {};
}

Status DeltaDecoder::feed(ByteView bytes, const Target& target) {
  while (!bytes.empty()) {
    if (literal_left_ > 0) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, bytes.size()));
      OBJSTORE_TRY(target.literal(bytes.first(size)));
      literal_left_ -= size;
      bytes = bytes.subspan(size);
      continue;
    }
    if (head_.empty()) {
      const char kind = static_cast<char>(bytes.front());
      if (kind != kCopy && kind != kLiteral) return fail(Errc::kInvalidArgument, "an unknown instruction in a delta");
    }
    const std::size_t wanted = head_size(head_.empty() ? static_cast<char>(bytes.front()) : head_[0]) - head_.size();
    const ByteView piece = bytes.first(std::min(wanted, bytes.size()));
    head_ += as_text(piece);
    bytes = bytes.subspan(piece.size());
    if (piece.size() == wanted) OBJSTORE_TRY(begin(target));
  }
  return {};
}

}  // namespace objstore::wire
