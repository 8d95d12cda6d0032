// What is stored: bytes that do not compress, and that follow from prefix, index of the object and size, so that a
// reader can tell whether it got the right ones.
//
// A noise base is common to all objects. Into every 4 KiB block of it 8 bytes are written that belong to the one
// object, so that no two objects have a chunk in common, however a server cuts them; a share of the MiBs is left as it
// is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::bench {

// Shared by all workers; immutable.
class PayloadBase {
 public:
  PayloadBase(std::uint64_t size, std::string_view prefix, unsigned dedup_percent);
  ByteView base() const noexcept { return bytes_; }
  // The 8 bytes at the start of `block` (4 KiB each) of an object.
  std::uint64_t stamp(std::uint64_t object, std::size_t block) const noexcept;

 private:
  std::vector<std::byte> bytes_;
  std::uint64_t salt_;
  unsigned dedup_percent_;
};

// One worker's buffer. One thread.
class Payload {
 public:
  explicit Payload(std::shared_ptr<const PayloadBase> base);
  // Valid until the next call.
  ByteView of(std::uint64_t object);

 private:
  std::shared_ptr<const PayloadBase> base_;
  std::vector<std::byte> bytes_;  // from the first use on
};

// Compares an object's bytes, as they arrive, with what they must be. One thread.
class PayloadCheck {
 public:
  PayloadCheck(const PayloadBase& base, std::uint64_t object) : base_(base), object_(object) {}
  void feed(ByteView bytes) noexcept;
  // All of it came, and was right.
  bool ok() const noexcept { return ok_ && position_ == base_.base().size(); }

 private:
  const PayloadBase& base_;
  std::uint64_t object_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace objstore::bench
