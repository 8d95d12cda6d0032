#include "server/api/s3/errors.h"

#include <array>
#include <cstddef>

#include "common/base/check.h"
#include "common/wire/xml_writer.h"

namespace objstore::s3 {
namespace {

constexpr std::array kFacts = {
#define OBJSTORE_S3_FACTS(name, status, sentence) CodeFacts{#name, status, sentence},
    OBJSTORE_S3_CODES(OBJSTORE_S3_FACTS)
#undef OBJSTORE_S3_FACTS
};

Code code_of(Errc code) {
  switch (code) {
    case Errc::kInvalidArgument:
      return Code::kInvalidArgument;
    case Errc::kMalformed:
      return Code::kMalformedXML;
    case Errc::kTooLarge:
      return Code::kEntityTooLarge;
    case Errc::kTooSmall:
      return Code::kEntityTooSmall;
    case Errc::kInvalidRange:
      return Code::kInvalidRange;
    case Errc::kIncompleteBody:
      return Code::kIncompleteBody;
    case Errc::kDigestMismatch:
      return Code::kBadDigest;
    case Errc::kUnsupported:
      return Code::kNotImplemented;
    case Errc::kAccessDenied:
    case Errc::kExpired:
      return Code::kAccessDenied;
    case Errc::kUnknownAccessKey:
      return Code::kInvalidAccessKeyId;
    case Errc::kSignatureMismatch:
      return Code::kSignatureDoesNotMatch;
    case Errc::kClockSkew:
      return Code::kRequestTimeTooSkewed;
    case Errc::kNoSuchBucket:
      return Code::kNoSuchBucket;
    case Errc::kNoSuchKey:
    case Errc::kNotFound:
      return Code::kNoSuchKey;
    case Errc::kNoSuchVersion:
      return Code::kNoSuchVersion;
    case Errc::kNoSuchUpload:
      return Code::kNoSuchUpload;
    case Errc::kBucketExists:
      return Code::kBucketAlreadyExists;
    case Errc::kBucketOwnedByYou:
      return Code::kBucketAlreadyOwnedByYou;
    case Errc::kBucketNotEmpty:
      return Code::kBucketNotEmpty;
    case Errc::kInvalidPart:
      return Code::kInvalidPart;
    case Errc::kInvalidPartOrder:
      return Code::kInvalidPartOrder;
    case Errc::kPreconditionFailed:
      return Code::kPreconditionFailed;
    case Errc::kNotModified:
      return Code::kNotModified;
    case Errc::kConflict:
      return Code::kOperationAborted;
    case Errc::kNoSpace:
      return Code::kSlowDown;
    case Errc::kTimeout:
      return Code::kRequestTimeout;
    case Errc::kUnavailable:
    case Errc::kCancelled:
      return Code::kServiceUnavailable;
    case Errc::kUnreachable:
    case Errc::kCorrupt:
    case Errc::kIo:
    case Errc::kInternal:
      return Code::kInternalError;
  }
  return Code::kInternalError;
}

Code code_of(auth::Refusal refusal) {
  switch (refusal) {
    case auth::Refusal::kHeaderMalformed:
      return Code::kAuthorizationHeaderMalformed;
    case auth::Refusal::kQueryMalformed:
      return Code::kAuthorizationQueryParametersError;
    case auth::Refusal::kUnsupportedScheme:
    case auth::Refusal::kMissingContentSha256:
      return Code::kInvalidRequest;
    case auth::Refusal::kTwoMechanisms:
    case auth::Refusal::kInvalidContentSha256:
      return Code::kInvalidArgument;
    case auth::Refusal::kUnknownKey:
      return Code::kInvalidAccessKeyId;
    case auth::Refusal::kSignatureMismatch:
      return Code::kSignatureDoesNotMatch;
    case auth::Refusal::kClockSkew:
      return Code::kRequestTimeTooSkewed;
    case auth::Refusal::kExpired:
    case auth::Refusal::kNotYetValid:
    case auth::Refusal::kNoDate:
    case auth::Refusal::kHeadersNotSigned:
    case auth::Refusal::kUnsignedPayloadRefused:
      return Code::kAccessDenied;
    case auth::Refusal::kInternal:
      return Code::kInternalError;
  }
  return Code::kInternalError;
}

Code code_of_status(int status) {
  switch (status) {
    case 403:
      return Code::kAccessDenied;
    case 405:
      return Code::kMethodNotAllowed;
    case 408:
      return Code::kRequestTimeout;
    case 411:
      return Code::kMissingContentLength;
    case 413:
      return Code::kEntityTooLarge;
    case 414:
      return Code::kInvalidURI;
    case 431:
      return Code::kRequestHeaderSectionTooLarge;
    case 501:
      return Code::kNotImplemented;
    case 503:
      return Code::kSlowDown;
    default:
      return status >= 500 && status != 505 ? Code::kInternalError : Code::kBadRequest;
  }
}

}  // namespace

const CodeFacts& facts(Code code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  CHECK(index < kFacts.size());
  return kFacts[index];
}

Failure to_failure(const Error& error) {
  const Code code = code_of(error.code);
  // What went wrong inside, and the plain sentences of S3 that clients compare, are better left as S3 words them.
  const bool inside = facts(code).status >= 500 && code != Code::kNotImplemented;
  const bool fixed = facts(code).status == 404 || code == Code::kAccessDenied;
  return Failure{code, inside || fixed ? std::string() : error.message, {}};
}

Failure to_failure(const auth::AuthError& error) {
  const Code code = code_of(error.refusal);
  return Failure{code, code == Code::kInternalError ? std::string() : error.message, error.fields};
}

Failure to_failure(int status, const Error& error) {
  return Failure{code_of_status(status), error.message, {}};
}

std::string error_document(const Failure& failure, std::string_view resource, std::string_view request_id,
                           std::string_view host_id) {
  const CodeFacts& known = facts(failure.code);
  wire::XmlWriter xml("Error");
  xml.element("Code", known.name);
  xml.element("Message", failure.message.empty() ? known.sentence : std::string_view(failure.message));
  for (const auto& [name, text] : failure.fields) xml.element(name, text);
  xml.element("Resource", resource);
  xml.element("RequestId", request_id);
  xml.element("HostId", host_id);
  return std::move(xml).finish();
}

}  // namespace objstore::s3
