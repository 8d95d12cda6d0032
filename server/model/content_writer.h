// The bytes of an object or part on their way in: kept aside while they are few, else a blob; with their digests,
// which are computed as the blob is cut, in one pass with those of its chunks. One thread at a time, but for publish(),
// which the tries of a commit call one after the other.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "common/base/body_digest.h"
#include "server/model/types.h"
#include "server/storage/blob_writer.h"

namespace objstore::model {

class ContentWriter {
 public:
  // Bodies of 1 to `inline_max` bytes do not become blobs; 0: every body does.
  ContentWriter(storage::Engine& engine, storage::Domain domain, std::size_t inline_max)
      : engine_(engine), domain_(domain), inline_max_(inline_max) {}

  // As model::Writer.
  Status write(ByteView bytes);
  void want_sha256() { digest_ = BodyDigest(BodyDigest::Wants::kMd5AndSha256); }
  Result<BodyDigest::Digests> seal();
  bool sealed() const noexcept { return md5_.has_value(); }
  std::uint64_t size() const noexcept { return size_; }
  const Md5& md5() const { return *md5_; }

  bool inlined() const noexcept { return !blob_ && size_ > 0; }
  ByteView inline_bytes() const noexcept { return as_bytes(head_); }
  // For a body that is neither empty nor inlined. See BlobWriter.
  Result<storage::Extent> publish(storage::Batch& batch, storage::LaneSet& lanes) {
    return blob_->publish(batch, lanes);
  }
  void published() noexcept {
    if (blob_) blob_->published();
  }

 private:
  storage::Engine& engine_;
  const storage::Domain domain_;
  const std::size_t inline_max_;
  std::uint64_t size_ = 0;
  std::string head_;  // all of the body while it is short
  BodyDigest digest_{BodyDigest::Wants::kMd5};
  std::optional<Md5> md5_;
  std::unique_ptr<storage::BlobWriter> blob_;
};

}  // namespace objstore::model
