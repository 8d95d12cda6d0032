#include "server/api/s3/delta_writer.h"

#include <algorithm>

#include "common/base/check.h"

namespace objstore::s3 {
namespace {

wire::ChecksumAlgorithm algorithm_of(const model::StoredChecksum& checksum) {
  const auto algorithm = wire::checksum_from_name(checksum.algorithm);
  CHECK(algorithm.has_value());
  return *algorithm;
}

}  // namespace

DeltaWriter::DeltaWriter(DeltaSlot slot, DeltaBase base, std::unique_ptr<model::ObjectWriter> target,
                         std::uint64_t size, const model::StoredChecksum& expected)
    : slot_(std::move(slot)),
      base_(std::move(base)),
      target_(std::move(target)),
      size_(size),
      expected_(expected.value),
      checksum_(algorithm_of(expected)) {}

void DeltaWriter::want(BodyDigest::Wants wants) {
  CHECK(!includes(wants, BodyDigest::Wants::kMd5));
  if (includes(wants, BodyDigest::Wants::kSha256)) sha256_.emplace(DigestKind::kSha256);
}

Status DeltaWriter::write(ByteView delta) {
  if (sha256_) sha256_->update(delta);
  return decoder_.feed(delta,
                       {.copy = [this](std::uint64_t offset, std::uint64_t length) { return copy(offset, length); },
                        .literal = [this](ByteView bytes) { return take(bytes); }});
}

Status DeltaWriter::copy(std::uint64_t offset, std::uint64_t length) {
  if (offset > base_.size || length > base_.size - offset)
    return fail(Errc::kInvalidRange, "a delta copies beyond its base's end");
  // Before anything is read: a short delta cannot ask for endless work.
  if (length > size_ - target_->size()) return fail(Errc::kTooLarge, "a delta makes more than was stated");
  OBJSTORE_ASSIGN(const auto opened, base_.open());
  if (opened->info().generation != base_.generation)
    return fail(Errc::kPreconditionFailed, "the base of the delta was replaced meanwhile");
  const auto source = opened->read({offset, length});
  while (true) {
    OBJSTORE_ASSIGN(const Buffer piece, source->next());
    if (piece.empty()) return {};
    OBJSTORE_TRY(take(piece.view()));
  }
}

Status DeltaWriter::take(ByteView bytes) {
  if (bytes.size() > size_ - target_->size()) return fail(Errc::kTooLarge, "a delta makes more than was stated");
  checksum_.update(bytes);
  return target_->write(bytes);
}

Result<BodyDigest::Digests> DeltaWriter::seal() {
  if (!decoder_.complete() || target_->size() != size_)
    return fail(Errc::kIncompleteBody, "the delta makes less than was stated");
  if (checksum_.finish_base64() != expected_)
    return fail(Errc::kDigestMismatch, "what the delta makes is not what its checksum says");
  OBJSTORE_ASSIGN(BodyDigest::Digests digests, target_->seal());
  if (sha256_) std::ranges::copy(as_bytes(sha256_->finish()), digests.sha256.begin());
  return digests;
}

}  // namespace objstore::s3
