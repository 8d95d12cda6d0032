#include "client/lib/delta_plan.h"

#include <algorithm>
#include <bit>
#include <optional>

namespace objstore::client {
namespace {

using wire::RollingSum;

// The object's whole blocks by their rolling sums, with a bit map in front: at most positions of a body nothing fits.
class BlockIndex {
 public:
  explicit BlockIndex(const Signature& signature) : signature_(signature) {
    const std::size_t whole = static_cast<std::size_t>(signature.object_size / signature.block_size);
    const std::size_t slots = std::bit_ceil(std::max<std::size_t>(2 * whole, 16));
    mask_ = slots - 1;
    slots_.assign(slots, kNone);
    bits_.assign(kFilterBits / 64, 0);
    for (std::size_t i = 0; i < std::min(whole, signature.blocks.size()); ++i) insert(static_cast<std::uint32_t>(i));
  }

  // The block that `window` is equal to; `hint` is tried first.
  std::optional<std::uint32_t> find(std::uint32_t rolling, ByteView window, std::uint32_t hint) const {
    const std::uint32_t bit = rolling & (kFilterBits - 1);
    if ((bits_[bit / 64] >> (bit % 64) & 1) == 0) return std::nullopt;
    std::optional<wire::StrongSum> strong;
    const auto equal = [&](std::uint32_t block) {
      const wire::BlockSum& sum = signature_.blocks[block];
      if (sum.rolling != rolling) return false;
      if (!strong) strong = wire::strong_sum(window);
      return sum.strong == *strong;
    };
    if (hint < signature_.object_size / signature_.block_size && equal(hint)) return hint;
    for (std::size_t slot = home(rolling); slots_[slot] != kNone; slot = (slot + 1) & mask_) {
      if (equal(slots_[slot])) return slots_[slot];
    }
    return std::nullopt;
  }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  static constexpr std::uint32_t kFilterBits = std::uint32_t{1} << 22;

  std::size_t home(std::uint32_t rolling) const {
    return static_cast<std::size_t>(rolling * std::uint64_t{0x9e3779b97f4a7c15} >> 32) & mask_;
  }
  // Equal blocks (zeros, say) are entered once: a run of them must not make every look-up long.
  void insert(std::uint32_t block) {
    const wire::BlockSum& sum = signature_.blocks[block];
    std::size_t slot = home(sum.rolling);
    for (; slots_[slot] != kNone; slot = (slot + 1) & mask_) {
      const wire::BlockSum& other = signature_.blocks[slots_[slot]];
      if (other.rolling == sum.rolling && other.strong == sum.strong) return;
    }
    slots_[slot] = block;
    const std::uint32_t bit = sum.rolling & (kFilterBits - 1);
    bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
  }

  const Signature& signature_;
  std::size_t mask_ = 0;
  std::vector<std::uint32_t> slots_;
  std::vector<std::uint64_t> bits_;
};

class Planner {
 public:
  Planner(const Body& body, const Signature& signature, const std::function<void(ByteView)>& seen)
      : body_(body),
        signature_(signature),
        seen_(seen),
        index_(signature),
        block_(static_cast<std::size_t>(signature.block_size)),
        buffer_(std::max<std::size_t>(kBufferBytes, 4 * block_)) {}

  Result<std::vector<DeltaRun>> run(const std::stop_token& stop);

 private:
  static constexpr std::size_t kBufferBytes = std::size_t{4} << 20;

  // Makes the bytes from position_ on at least a block long, or as long as the body goes.
  Status fill();
  ByteView rest() const { return ByteView(buffer_).subspan(start_, filled_ - start_); }
  bool at_end() const { return read_ == body_.size(); }
  void advance(std::size_t bytes) { start_ += bytes; }
  std::uint64_t position() const { return read_ - (filled_ - start_); }
  void add(DeltaRun run);
  void literal_until(std::uint64_t end);
  Status scan_literal();
  void match_tail();

  const Body& body_;
  const Signature& signature_;
  const std::function<void(ByteView)>& seen_;
  const BlockIndex index_;
  const std::size_t block_;
  std::vector<std::byte> buffer_;
  std::size_t start_ = 0;
  std::size_t filled_ = 0;
  std::uint64_t read_ = 0;
  std::uint64_t done_ = 0;  // of the body, in runs_
  std::uint32_t hint_ = 0;  // the block that would go on
  std::vector<DeltaRun> runs_;
};

Status Planner::fill() {
  if (filled_ - start_ > block_ || at_end()) return {};
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(start_),
            buffer_.begin() + static_cast<std::ptrdiff_t>(filled_), buffer_.begin());
  filled_ -= start_;
  start_ = 0;
  while (filled_ < buffer_.size() && !at_end()) {
    OBJSTORE_ASSIGN(const std::size_t got, body_.read_at(read_, std::span(buffer_).subspan(filled_)));
    if (got == 0) return fail(Errc::kConflict, "the file became shorter while it was read");
    seen_(ByteView(buffer_).subspan(filled_, got));
    filled_ += got;
    read_ += got;
  }
  return {};
}

void Planner::add(DeltaRun run) {
  done_ += run.length;
  if (!runs_.empty() && runs_.back().copy == run.copy) {
    DeltaRun& last = runs_.back();
    if (!run.copy || last.object_offset + last.length == run.object_offset) {
      last.length += run.length;
      return;
    }
  }
  runs_.push_back(run);
}

void Planner::literal_until(std::uint64_t end) {
  if (end > done_) add({.copy = false, .object_offset = 0, .body_offset = done_, .length = end - done_});
}

// Moves on byte by byte until a block is found, or fewer bytes are left than a block has.
Status Planner::scan_literal() {
  RollingSum sum(block_);
  sum.set(rest().first(block_));
  while (true) {
    const ByteView window = rest().first(block_);
    if (const auto found = index_.find(sum.value(), window, hint_)) {
      literal_until(position());
      add({.copy = true,
           .object_offset = *found * signature_.block_size,
           .body_offset = position(),
           .length = signature_.block_size});
      hint_ = *found + 1;
      advance(block_);
      return {};
    }
    const std::byte out = rest().front();
    // fill() keeps more than a block there unless the body ends.
    if (rest().size() == block_) {
      if (at_end()) {
        advance(1);
        return {};
      }
      OBJSTORE_TRY(fill());
    }
    sum.roll(out, rest()[block_]);
    advance(1);
    if (rest().size() == block_) OBJSTORE_TRY(fill());
  }
}

// The object's last block may be a short one; it fits only where the body ends.
void Planner::match_tail() {
  const std::uint64_t tail = signature_.object_size % signature_.block_size;
  const std::uint64_t left = body_.size() - done_;
  if (tail == 0 || left < tail || signature_.blocks.empty() || filled_ < tail) return;
  const ByteView end =
      ByteView(buffer_).subspan(filled_ - static_cast<std::size_t>(tail), static_cast<std::size_t>(tail));
  if (wire::strong_sum(end) != signature_.blocks.back().strong) return;
  literal_until(body_.size() - tail);
  add({.copy = true,
       .object_offset = signature_.object_size - tail,
       .body_offset = body_.size() - tail,
       .length = tail});
}

Result<std::vector<DeltaRun>> Planner::run(const std::stop_token& stop) {
  OBJSTORE_TRY(fill());
  while (rest().size() >= block_) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_TRY(scan_literal());
    OBJSTORE_TRY(fill());
  }
  match_tail();
  literal_until(body_.size());
  return std::move(runs_);
}

}  // namespace

Result<std::vector<DeltaRun>> plan_delta(const Body& body, const Signature& signature,
                                         const std::function<void(ByteView)>& seen, const std::stop_token& stop) {
  return Planner(body, signature, seen).run(stop);
}

std::uint64_t literal_bytes(const std::vector<DeltaRun>& runs) {
  std::uint64_t bytes = 0;
  for (const DeltaRun& run : runs) bytes += run.copy ? 0 : run.length;
  return bytes;
}

}  // namespace objstore::client
