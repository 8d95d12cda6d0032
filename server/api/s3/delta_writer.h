// A body that is made out of another object by a delta, on its way into the catalogue. One thread at a time.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "common/base/digest.h"
#include "common/wire/checksum.h"
#include "common/wire/delta.h"
#include "server/model/catalog.h"

namespace objstore::s3 {

// The right to make an object out of a delta. A few bytes of a delta may copy gigabytes, which holds a worker: so there
// are few of these, and who finds none is asked to come again.
class DeltaSlot {
 public:
  static constexpr int kMax = 2;
  explicit DeltaSlot(std::atomic<int>& used) : used_(used.fetch_add(1) < kMax ? &used : nullptr) {
    if (used_ == nullptr) used.fetch_sub(1);
  }
  DeltaSlot(DeltaSlot&& other) noexcept : used_(std::exchange(other.used_, nullptr)) {}
  DeltaSlot& operator=(DeltaSlot&&) = delete;
  ~DeltaSlot() {
    if (used_ != nullptr) used_->fetch_sub(1);
  }
  bool taken() const noexcept { return used_ != nullptr; }

 private:
  std::atomic<int>* used_;
};

// The object that a delta copies from. It can be read once each time it is opened.
struct DeltaBase {
  std::function<Result<std::unique_ptr<model::OpenObject>>()> open;
  std::uint64_t size = 0;
  std::uint64_t generation = 0;  // what was authorised and compared with the conditions
};

class DeltaWriter final : public model::Writer {
 public:
  // expected: of the body that comes out, as the client states it; size: its length.
  DeltaWriter(DeltaSlot slot, DeltaBase base, std::unique_ptr<model::ObjectWriter> target, std::uint64_t size,
              const model::StoredChecksum& expected);

  // A piece of the delta. kInvalidArgument for one that cannot be read, kInvalidRange for a copy beyond the base's end,
  // kPreconditionFailed when the base was replaced meanwhile, kTooLarge when more comes out than was stated; the errors
  // of reading and writing.
  Status write(ByteView delta) override;
  // What is wanted of the body that comes in. No MD5: nobody states one of a delta.
  void want(BodyDigest::Wants wants) override;
  // The object's MD5, and the delta's SHA-256: that is what a request signs. kIncompleteBody when less came out,
  // kDigestMismatch when it is not what the checksum says.
  Result<BodyDigest::Digests> seal() override;
  std::uint64_t size() const override { return target_->size(); }

 private:
  Status copy(std::uint64_t offset, std::uint64_t length);
  Status take(ByteView bytes);

  const DeltaSlot slot_;
  const DeltaBase base_;
  const std::unique_ptr<model::ObjectWriter> target_;
  const std::uint64_t size_;
  const std::string expected_;  // base64
  wire::Checksum checksum_;
  std::optional<Digest> sha256_;  // of the delta
  wire::DeltaDecoder decoder_;
};

}  // namespace objstore::s3
