#include "server/auth/refusals.h"

namespace objstore::auth {
namespace {

using wire::SigV4Fault;

constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

}  // namespace

std::unexpected<AuthError> refuse(Refusal refusal, std::string message, Fields fields) {
  return std::unexpected<AuthError>(
      AuthError{.refusal = refusal, .message = std::move(message), .fields = std::move(fields)});
}

std::unexpected<AuthError> header_fault(SigV4Fault fault) {
  if (fault == SigV4Fault::kUnsupportedScheme)
    return refuse(Refusal::kUnsupportedScheme,
                  "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  // Not a matter of form: a signature that was cut short is a wrong one.
  if (fault == SigV4Fault::kMalformedSignature) return refuse(Refusal::kSignatureMismatch, std::string(kMismatch));
  return refuse(Refusal::kHeaderMalformed, "The authorization header is malformed: " + std::string(describe(fault)));
}

std::unexpected<AuthError> query_fault(SigV4Fault fault) {
  switch (fault) {
    case SigV4Fault::kMalformedSignature:
      return refuse(Refusal::kSignatureMismatch, std::string(kMismatch));
    case SigV4Fault::kExpiresNotANumber:
      return refuse(Refusal::kQueryMalformed, "X-Amz-Expires should be a number");
    case SigV4Fault::kExpiresNegative:
      return refuse(Refusal::kQueryMalformed, "X-Amz-Expires must be non-negative");
    case SigV4Fault::kExpiresTooLong:
      return refuse(
          Refusal::kQueryMalformed,
          "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less "
          "than 604800 seconds");
    case SigV4Fault::kMalformedDate:
      return refuse(Refusal::kQueryMalformed, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    case SigV4Fault::kUnsupportedScheme:
      return refuse(Refusal::kQueryMalformed, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
    case SigV4Fault::kMissingCredential:
    case SigV4Fault::kMissingSignedHeaders:
    case SigV4Fault::kMissingSignature:
    case SigV4Fault::kMissingAlgorithm:
    case SigV4Fault::kMissingDate:
    case SigV4Fault::kMissingExpires:
      return refuse(Refusal::kQueryMalformed,
                    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
    case SigV4Fault::kDuplicateComponent:
    case SigV4Fault::kUnknownComponent:
    case SigV4Fault::kMalformedCredential:
    case SigV4Fault::kBadTerminator:
    case SigV4Fault::kMalformedSignedHeaders:
    case SigV4Fault::kHostNotSigned:
      return refuse(Refusal::kQueryMalformed,
                    "Error parsing the authorization parameters: " + std::string(describe(fault)));
  }
  return refuse(Refusal::kInternal, "Internal error");
}

}  // namespace objstore::auth
