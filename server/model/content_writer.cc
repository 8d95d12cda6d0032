#include "server/model/content_writer.h"

#include "common/base/check.h"

namespace objstore::model {

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

Result<BodyDigest::Digests> ContentWriter::seal() {
  CHECK(!sealed());
  if (blob_)
    OBJSTORE_TRY(blob_->finish());
  else
    digest_.update(as_bytes(head_));
  const BodyDigest::Digests digests = digest_.finish();
  md5_ = digests.md5;
  return digests;
}

}  // namespace objstore::model
