// The bytes of an object or part on their way in: kept aside while they are few, else a blob; with their digests,
// which are computed as the blob is cut, in one pass with those of its chunks. One thread at a time, but for publish(),
// which the tries of a commit call one after the other.
#pragma once

#include <memory>
#include <string>

#include "common/base/body_digest.h"
#include "server/model/types.h"
#include "server/storage/blob_writer.h"

namespace objstore::model {

class ContentWriter {
 public:
  // Bodies of 1 to `inline_max` bytes do not become blobs; 0: every body does.
  ContentWriter(storage::Engine& engine, storage::Domain domain, EtagKind etag, std::size_t inline_max)
      : engine_(engine), domain_(domain), etag_kind_(etag), inline_max_(inline_max) {
    want(BodyDigest::Wants::kNothing);
  }

  // As model::Writer.
  Status write(ByteView bytes);
  Room room(std::size_t bytes);
  void want(BodyDigest::Wants wants);
  Result<BodyDigest::Digests> seal();
  bool sealed() const noexcept { return !etag_.empty(); }
  std::uint64_t size() const noexcept { return size_; }
  // After seal(). Without quotes.
  const std::string& etag() const { return etag_; }

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
  std::string opaque_etag() const;

  storage::Engine& engine_;
  const storage::Domain domain_;
  const EtagKind etag_kind_;
  const std::size_t inline_max_;
  std::uint64_t size_ = 0;
  std::string head_;  // all of the body while it is short
  BodyDigest digest_{BodyDigest::Wants::kNothing};
  std::string etag_;  // empty: not sealed
  std::unique_ptr<storage::BlobWriter> blob_;
};

}  // namespace objstore::model
