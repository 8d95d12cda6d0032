#include "server/api/s3/upload_sink.h"

#include <utility>

#include "server/api/s3/reply.h"

namespace objstore::s3 {

UploadSink::UploadSink(CallPtr call, BodyVerifier verifier, std::unique_ptr<model::Writer> writer, Commit commit)
    : call_(std::move(call)), verifier_(std::move(verifier)), writer_(std::move(writer)), commit_(std::move(commit)) {
  writer_->want(verifier_.wants());
}

Status UploadSink::write(ByteView bytes) {
  Outcome<void> taken = verifier_.write(bytes, [this](ByteView payload) { return writer_->write(payload); });
  if (taken) return {};
  failure_ = std::move(taken.error());
  return fail(Errc::kInvalidArgument, "the body was refused");
}

Room UploadSink::room(std::size_t bytes) {
  return verifier_.is_framed() ? Room() : writer_->room(bytes);
}

Outcome<std::optional<model::StoredChecksum>> UploadSink::check() {
  OBJSTORE_S3_TRY(verifier_.end());
  OBJSTORE_S3_ASSIGN(const BodyDigest::Digests digests, outcome(writer_->seal()));
  return verifier_.check(digests);
}

Ticket<api::Reply> UploadSink::finish() {
  auto checksum = check();
  if (!checksum) return failure_reply(*call_, checksum.error());
  return commit_(std::move(*checksum));
}

api::Reply UploadSink::refuse(const Error& error) {
  return failure_reply(*call_, failure_ ? *failure_ : to_failure(error));
}

}  // namespace objstore::s3
