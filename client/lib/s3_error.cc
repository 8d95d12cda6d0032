#include "client/lib/s3_error.h"

#include <algorithm>
#include <array>

#include "client/lib/printable.h"
#include "client/lib/retry.h"
#include "common/base/bytes.h"
#include "common/wire/xml_reader.h"

namespace objstore::client {
namespace {

struct CodeEntry {
  std::string_view code;
  Errc errc;
};

// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
constexpr std::array kCodes = std::to_array<CodeEntry>({
    {"AccessDenied", Errc::kAccessDenied},
    {"AccountProblem", Errc::kAccessDenied},
    {"AllAccessDisabled", Errc::kAccessDenied},
    {"AuthorizationHeaderMalformed", Errc::kInvalidArgument},
    {"BadDigest", Errc::kDigestMismatch},
    {"BucketAlreadyExists", Errc::kBucketExists},
    {"BucketAlreadyOwnedByYou", Errc::kBucketOwnedByYou},
    {"BucketNotEmpty", Errc::kBucketNotEmpty},
    {"ConditionalRequestConflict", Errc::kConflict},
    {"EntityTooLarge", Errc::kTooLarge},
    {"EntityTooSmall", Errc::kTooSmall},
    {"ExpiredToken", Errc::kExpired},
    {"IncompleteBody", Errc::kIncompleteBody},
    {"InsufficientStorage", Errc::kNoSpace},
    {"InternalError", Errc::kInternal},
    {"InvalidAccessKeyId", Errc::kUnknownAccessKey},
    {"InvalidDigest", Errc::kInvalidArgument},
    {"InvalidPart", Errc::kInvalidPart},
    {"InvalidPartOrder", Errc::kInvalidPartOrder},
    {"InvalidRange", Errc::kInvalidRange},
    {"InvalidToken", Errc::kUnknownAccessKey},
    {"KeyTooLongError", Errc::kTooLarge},
    {"MalformedXML", Errc::kMalformed},
    {"MaxMessageLengthExceeded", Errc::kTooLarge},
    {"MethodNotAllowed", Errc::kUnsupported},
    {"NoSuchBucket", Errc::kNoSuchBucket},
    {"NoSuchKey", Errc::kNoSuchKey},
    {"NoSuchUpload", Errc::kNoSuchUpload},
    {"NoSuchVersion", Errc::kNoSuchVersion},
    {"NotImplemented", Errc::kUnsupported},
    {"NotModified", Errc::kNotModified},
    {"OperationAborted", Errc::kConflict},
    {"PreconditionFailed", Errc::kPreconditionFailed},
    {"QuotaExceeded", Errc::kNoSpace},
    {"RequestTimeTooSkewed", Errc::kClockSkew},
    {"RequestTimeout", Errc::kTimeout},
    {"ServiceUnavailable", Errc::kUnavailable},
    {"SignatureDoesNotMatch", Errc::kSignatureMismatch},
    {"SlowDown", Errc::kUnavailable},
    {"XAmzContentChecksumMismatch", Errc::kDigestMismatch},
    {"XAmzContentSHA256Mismatch", Errc::kDigestMismatch},
});
static_assert(std::ranges::is_sorted(kCodes, {}, &CodeEntry::code));

Errc errc_of_status(int status) noexcept {
  switch (status) {
    case 304:
      return Errc::kNotModified;
    case 401:
    case 403:
      return Errc::kAccessDenied;
    case 404:
      return Errc::kNotFound;
    case 405:
    case 501:
      return Errc::kUnsupported;
    case 409:
      return Errc::kConflict;
    case 412:
      return Errc::kPreconditionFailed;
    case 413:
      return Errc::kTooLarge;
    case 416:
      return Errc::kInvalidRange;
    case 408:
    case 504:
      return Errc::kTimeout;
    case 429:
    case 503:
      return Errc::kUnavailable;
    case 507:
      return Errc::kNoSpace;
    default:
      return status >= 500 || status < 300 ? Errc::kInternal : Errc::kInvalidArgument;
  }
}

struct ErrorDocument {
  std::string code;
  std::string message;
  std::string request_id;
};

ErrorDocument read_document(std::string_view body) {
  const auto root = wire::parse_xml(body);
  if (!root || root->name != "Error") return {};
  return {std::string(root->child_text("Code")), std::string(root->child_text("Message")),
          std::string(root->child_text("RequestId"))};
}

// The server's words end up on a terminal.
std::string harmless(std::string_view text) {
  constexpr std::size_t kMessageBytesMax = 500;
  return printable(text.substr(0, kMessageBytesMax));
}

std::string compose(int status, const ErrorDocument& document, const wire::Headers& headers,
                    std::string_view resource) {
  std::string out = document.code.empty()
                        ? "HTTP status " + std::to_string(status) + " " + std::string(wire::reason_phrase(status))
                        : harmless(document.code);
  if (!document.message.empty()) out += ": " + harmless(document.message);
  if (const auto region = headers.find("x-amz-bucket-region"); region && (status == 301 || status == 400)) {
    out += "; the bucket is in region " + harmless(*region);
  }
  std::string request_id = document.request_id;
  if (const auto header = headers.find("x-amz-request-id"); header && request_id.empty()) request_id = *header;
  out += " (";
  out += harmless(resource);
  if (!request_id.empty()) out += ", request " + harmless(request_id);
  return out + ")";
}

}  // namespace

Errc errc_of(int status, std::string_view s3_code) noexcept {
  const auto found = std::ranges::lower_bound(kCodes, s3_code, {}, &CodeEntry::code);
  if (found != kCodes.end() && found->code == s3_code) return found->errc;
  return errc_of_status(status);
}

S3Failure s3_failure(int status, const wire::Headers& headers, std::string_view body, std::string_view resource) {
  const ErrorDocument document = read_document(body);
  S3Failure failure(Error{errc_of(status, document.code), compose(status, document, headers, resource)});
  failure.status = status;
  failure.s3_code = document.code;
  if (const auto after = headers.find("retry-after")) failure.retry_after = parse_retry_after(*after);
  return failure;
}

bool is_error_document(std::string_view body) noexcept {
  const auto first = body.find("<Error");
  if (first == std::string_view::npos) return false;
  // The root: nothing but the declaration before it.
  const auto other = body.find('<');
  return other == first || (body.substr(other).starts_with("<?xml") && body.find('<', other + 1) == first);
}

bool refuses_checksum(const S3Failure& failure) noexcept {
  if (failure.status != 400 && failure.status != 501) return false;
  if (failure.code == Errc::kDigestMismatch) return false;
  const std::string message = to_lower(failure.message);
  return message.contains("checksum") || message.contains("crc64") || message.contains("x-amz-sdk-checksum");
}

}  // namespace objstore::client
