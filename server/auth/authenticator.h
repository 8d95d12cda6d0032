// Who is it: checks a request's Signature Version 4, in the header or in the query, before any of its body is read.
//
// One place for all front ends. Pure but for the clock and the credential look-up; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-authenticating-requests.html
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/wire/http.h"
#include "server/auth/credential_store.h"

namespace objstore::auth {

// Why a request was not authenticated. Closed; api/s3/errors.cc gives each S3's code.
enum class Refusal : std::uint8_t {
  kHeaderMalformed,         // AuthorizationHeaderMalformed (with Region for a wrong region)
  kQueryMalformed,          // AuthorizationQueryParametersError
  kUnsupportedScheme,       // InvalidRequest: SigV2 and others
  kTwoMechanisms,           // InvalidArgument: only one auth mechanism allowed
  kUnknownKey,              // InvalidAccessKeyId
  kSignatureMismatch,       // SignatureDoesNotMatch
  kClockSkew,               // RequestTimeTooSkewed
  kExpired,                 // AccessDenied "Request has expired"
  kNotYetValid,             // AccessDenied "Request is not yet valid"
  kNoDate,                  // AccessDenied
  kHeadersNotSigned,        // AccessDenied with HeadersNotSigned
  kMissingContentSha256,    // InvalidRequest
  kInvalidContentSha256,    // InvalidArgument
  kUnsignedPayloadRefused,  // AccessDenied: require_signed_payload
  kInternal,
};

struct AuthError {
  Refusal refusal;
  std::string message;
  std::vector<std::pair<std::string, std::string>> fields;  // extra elements of the error document: name, text
};

// How the body is protected: x-amz-content-sha256.
enum class PayloadMode : std::uint8_t {
  kNone,                      // anonymous request without the header
  kSha256,                    // the body's digest is `payload_sha256`
  kUnsigned,                  // UNSIGNED-PAYLOAD
  kStreamingSigned,           // STREAMING-AWS4-HMAC-SHA256-PAYLOAD
  kStreamingSignedTrailer,    // STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER
  kStreamingUnsignedTrailer,  // STREAMING-UNSIGNED-PAYLOAD-TRAILER
};

struct Authenticated {
  Principal principal;
  PayloadMode payload = PayloadMode::kNone;
  std::string payload_sha256;  // 64 lower-case hexadecimal digits for kSha256
  bool presigned = false;
  // For the chunk signatures of the streaming modes.
  Sha256 signing_key{};
  std::string seed_signature;  // hexadecimal
  std::string amz_date;        // 20130524T000000Z
  std::string scope;           // 20130524/us-east-1/s3/aws4_request
};

struct AuthenticatorOptions {
  std::string region = "us-east-1";
  bool require_signed_payload = false;  // over cleartext: UNSIGNED-PAYLOAD is refused
};

class Authenticator {
 public:
  // All references outlive the authenticator.
  Authenticator(const CredentialStore& credentials, const Clock& clock, AuthenticatorOptions options);
  ~Authenticator();
  // A request without any credentials gives the anonymous principal.
  std::expected<Authenticated, AuthError> authenticate(const wire::RequestHead& head) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::auth
