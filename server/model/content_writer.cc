#include "server/model/content_writer.h"

#include "common/base/check.h"

namespace objstore::model {

void ContentWriter::want(BodyDigest::Wants wants) {
  CHECK(size_ == 0);
  digest_ = BodyDigest(etag_kind_ == EtagKind::kMd5 ? wants | BodyDigest::Wants::kMd5 : wants);
}

Status ContentWriter::write(ByteView bytes) {
  CHECK(!sealed());
  if (bytes.empty()) return {};
  size_ += bytes.size();
  if (size_ > kSinglePutBytesMax) return fail(Errc::kTooLarge, "the body is larger than 5 GiB");
  if (!blob_ && size_ <= inline_max_) {
    OBJSTORE_TRY(engine_.admit(bytes.size()));
    head_ += as_text(bytes);
    return {};
  }
  if (!blob_) {
    blob_ = std::make_unique<storage::BlobWriter>(engine_, domain_, &digest_);
    OBJSTORE_TRY(blob_->write(as_bytes(head_)));
    head_.clear();
  }
  return blob_->write(bytes);
}

Room ContentWriter::room(std::size_t bytes) {
  CHECK(!sealed() && head_.empty());
  if (!blob_) blob_ = std::make_unique<storage::BlobWriter>(engine_, domain_, &digest_);
  return blob_->room(bytes);
}

Result<BodyDigest::Digests> ContentWriter::seal() {
  CHECK(!sealed());
  if (blob_)
    OBJSTORE_TRY(blob_->finish());
  else
    digest_.update(as_bytes(head_));
  const BodyDigest::Digests digests = digest_.finish();
  etag_ = etag_kind_ == EtagKind::kMd5 ? to_hex(digests.md5) : opaque_etag();
  return digests;
}

// Equal bytes in one store have equal ones. No number of parts is 0, so that who takes "-N" for a multipart object's
// can tell.
std::string ContentWriter::opaque_etag() const {
  const Sha256 small = blob_ ? Sha256() : sha256(as_bytes(head_));
  const ByteView name = blob_ ? as_bytes(blob_->content_hash()) : ByteView(small);
  return to_hex(name.first(sizeof(Md5))) + "-0";
}

}  // namespace objstore::model
