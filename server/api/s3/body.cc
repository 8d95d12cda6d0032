#include "server/api/s3/body.h"

#include <algorithm>
#include <utility>

#include "common/base/bytes.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

constexpr std::size_t kMd5Bytes = 16;

std::optional<wire::ChunkForm> chunk_form(auth::PayloadMode mode) {
  switch (mode) {
    case auth::PayloadMode::kNone:
    case auth::PayloadMode::kSha256:
    case auth::PayloadMode::kUnsigned:
      return std::nullopt;
    case auth::PayloadMode::kStreamingSigned:
      return wire::ChunkForm::kSigned;
    case auth::PayloadMode::kStreamingSignedTrailer:
      return wire::ChunkForm::kSignedTrailer;
    case auth::PayloadMode::kStreamingUnsignedTrailer:
      return wire::ChunkForm::kUnsignedTrailer;
  }
  return std::nullopt;
}

Failure chunk_failure(wire::ChunkFault fault, const std::string& message) {
  switch (fault) {
    case wire::ChunkFault::kIncompleteBody:
      return Failure{Code::kIncompleteBody, message, {}};
    case wire::ChunkFault::kSignatureMismatch:
      return Failure{Code::kSignatureDoesNotMatch, {}, {}};
    case wire::ChunkFault::kChunkTooSmall:
      return Failure{Code::kInvalidChunkSizeError, {}, {}};
    case wire::ChunkFault::kMalformedTrailer:
      return Failure{Code::kMalformedTrailerError, {}, {}};
  }
  return Failure{};
}

Outcome<std::optional<std::uint64_t>> payload_length(const Call& call) {
  if (chunk_form(call.auth.payload)) {
    const auto decoded = parse_u64(call.header("x-amz-decoded-content-length").value_or(""));
    if (!decoded) return refuse(Code::kMissingContentLength, "You must provide x-amz-decoded-content-length.");
    return decoded;
  }
  if (!call.head.content_length && !call.head.chunked) return refuse(Code::kMissingContentLength);
  return call.head.content_length;
}

Outcome<std::optional<std::string>> content_md5(const Call& call) {
  const auto value = call.header("content-md5");
  if (!value) return std::optional<std::string>();
  auto raw = from_base64(*value);
  if (!raw || raw->size() != kMd5Bytes) return refuse(Code::kInvalidDigest);
  return raw;
}

wire::AwsChunkedDecoder make_decoder(const Call& call, const BodyPlan& plan, wire::ChunkForm form) {
  wire::AwsChunkedDecoder::Options options;
  options.form = form;
  options.decoded_length = plan.length.value_or(0);
  options.trailers = plan.checksum.trailers;
  if (form != wire::ChunkForm::kUnsignedTrailer)
    options.signer.emplace(call.auth.signing_key, call.auth.amz_date, call.auth.scope, call.auth.seed_signature);
  return wire::AwsChunkedDecoder(std::move(options));
}

Failure too_long(std::uint64_t limit) {
  return Failure{Code::kMaxMessageLengthExceeded, {}, {{"MaxMessageLengthBytes", std::to_string(limit)}}};
}

}  // namespace

Outcome<BodyPlan> plan_body(const Call& call, std::uint64_t limit, ChecksumOf checksum_of) {
  BodyPlan plan;
  OBJSTORE_S3_ASSIGN(plan.length, payload_length(call));
  if (plan.length.value_or(0) > limit)
    return refuse(Code::kEntityTooLarge, {},
                  {{"ProposedSize", std::to_string(*plan.length)}, {"MaxSizeAllowed", std::to_string(limit)}});
  OBJSTORE_S3_ASSIGN(plan.md5, content_md5(call));
  if (checksum_of == ChecksumOf::kObject) return plan;
  const auto form = chunk_form(call.auth.payload);
  OBJSTORE_S3_ASSIGN(plan.checksum,
                     read_checksum_request(call.head.headers, form && *form != wire::ChunkForm::kSigned));
  return plan;
}

BodyVerifier::BodyVerifier(const Call& call, BodyPlan plan, std::optional<wire::ChecksumAlgorithm> compute)
    : plan_(std::move(plan)) {
  if (const auto form = chunk_form(call.auth.payload)) {
    decoder_ = make_decoder(call, plan_, *form);
  } else if (call.auth.payload == auth::PayloadMode::kSha256) {
    payload_sha256_ = call.auth.payload_sha256;
  }
  if (const auto algorithm = plan_.checksum.algorithm ? plan_.checksum.algorithm : compute)
    checksum_.emplace(*algorithm);
}

Status BodyVerifier::take(ByteView payload, const Sink& sink) {
  taken_ += payload.size();
  if (checksum_) checksum_->update(payload);
  return sink(payload);
}

Outcome<void> BodyVerifier::write(ByteView bytes, const Sink& sink) {
  const auto taking = [&](ByteView payload) { return take(payload, sink); };
  const Status status = decoder_ ? decoder_->feed(bytes, taking) : taking(bytes);
  if (status) return {};
  if (decoder_ && decoder_->fault()) return std::unexpected(chunk_failure(*decoder_->fault(), status.error().message));
  return std::unexpected(to_failure(status.error()));
}

Outcome<std::string> BodyVerifier::expected_checksum() const {
  if (!plan_.checksum.in_trailer()) return plan_.checksum.stated;
  const auto value = decoder_->trailers().find(wire::checksum_header(*plan_.checksum.algorithm));
  if (!value) return refuse(Code::kMalformedTrailerError);
  if (!wire::decode_checksum(*plan_.checksum.algorithm, *value))
    return refuse(Code::kInvalidRequest, "Value for " + std::string(wire::checksum_header(*plan_.checksum.algorithm)) +
                                             " trailing header is "
                                             "invalid.");
  return std::string(*value);
}

BodyDigest::Wants BodyVerifier::wants() const noexcept {
  using Wants = BodyDigest::Wants;
  return (plan_.md5 ? Wants::kMd5 : Wants::kNothing) | (payload_sha256_.empty() ? Wants::kNothing : Wants::kSha256);
}

Outcome<void> BodyVerifier::end() {
  if (decoder_) {
    if (const Status status = decoder_->finish(); !status)
      return std::unexpected(
          chunk_failure(decoder_->fault().value_or(wire::ChunkFault::kIncompleteBody), status.error().message));
  }
  if (plan_.length && *plan_.length != taken_) return refuse(Code::kIncompleteBody);
  return {};
}

Outcome<std::optional<model::StoredChecksum>> BodyVerifier::check(const BodyDigest::Digests& digests) {
  if (!payload_sha256_.empty()) {
    const std::string computed = to_hex(digests.sha256);
    if (computed != payload_sha256_)
      return refuse(Code::kXAmzContentSHA256Mismatch, {},
                    {{"ClientComputedContentSHA256", payload_sha256_}, {"S3ComputedContentSHA256", computed}});
  }
  std::optional<model::StoredChecksum> stored;
  if (checksum_) {
    OBJSTORE_S3_ASSIGN(stored, check_checksum());
  }
  OBJSTORE_S3_TRY(check_md5(digests.md5));
  return stored;
}

Outcome<model::StoredChecksum> BodyVerifier::check_checksum() {
  std::string computed = checksum_->finish_base64();
  if (plan_.checksum.algorithm) {
    OBJSTORE_S3_ASSIGN(const std::string expected, expected_checksum());
    if (expected != computed) return checksum_mismatch(*plan_.checksum.algorithm);
  }
  return model::StoredChecksum{std::string(wire::checksum_name(checksum_->algorithm())), std::move(computed), false};
}

Outcome<void> BodyVerifier::check_md5(const Md5& md5) const {
  if (!plan_.md5 || *plan_.md5 == as_text(md5)) return {};
  return refuse(Code::kBadDigest, "The Content-MD5 you specified did not match what we received.",
                {{"ExpectedDigest", to_hex(as_bytes(*plan_.md5))}, {"CalculatedDigest", to_base64(md5)}});
}

Outcome<void> refuse_streaming(const Call& call) {
  if (!chunk_form(call.auth.payload)) return {};
  return refuse(Code::kInvalidRequest, "The value of x-amz-content-sha256 header is invalid.");
}

namespace {

Outcome<Ticket<api::Reply>> check_document(const CallPtr& call, BodyVerifier& verifier, const std::string& document,
                                           const DocumentHandler& handler) {
  OBJSTORE_S3_TRY(verifier.write(as_bytes(document), [](ByteView) { return Status(); }));
  OBJSTORE_S3_TRY(verifier.end());
  BodyDigest digest(verifier.wants());
  digest.update(as_bytes(document));
  OBJSTORE_S3_TRY(verifier.check(digest.finish()));
  return handler(call, document);
}

}  // namespace

Outcome<api::Exchange> read_document(CallPtr call, std::uint64_t limit, DocumentHandler handler,
                                     ChecksumOf checksum_of) {
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  if (call->head.content_length.value_or(0) > limit) return std::unexpected(too_long(limit));
  BodyPlan plan;
  if (call->head.has_body()) {
    OBJSTORE_S3_ASSIGN(plan, plan_body(*call, limit, checksum_of));
  }
  auto verifier = std::make_unique<BodyVerifier>(*call, std::move(plan));
  api::ReadDocument document;
  document.limit = limit;
  document.then = [call, handler = std::move(handler),
                   v = std::move(verifier)](std::string body) -> Ticket<api::Reply> {
    Outcome<Ticket<api::Reply>> done = check_document(call, *v, body, handler);
    return done ? std::move(*done) : Ticket<api::Reply>(failure_reply(*call, done.error()));
  };
  document.refuse = [call, limit](const Error& error) {
    return failure_reply(*call, error.code == Errc::kTooLarge ? too_long(limit) : to_failure(error));
  };
  return api::Exchange(std::move(document));
}

}  // namespace objstore::s3
