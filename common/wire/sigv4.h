// Signature Version 4 under S3's rules: what signer and verifier share. Pure functions and values, any thread;
// SigningKeyCache locks for itself.
//
// S3's rules: the path is encoded once and never normalised. Path and query are decoded and encoded again, so that what
// is signed is what the server acts on, however the client spelled its escapes.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/wire/http.h"

namespace objstore::wire {

inline constexpr std::string_view kSigV4Algorithm = "AWS4-HMAC-SHA256";
inline constexpr std::string_view kSigV4Terminator = "aws4_request";
inline constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
inline constexpr std::string_view kStreamingSignedPayload = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
inline constexpr std::string_view kStreamingSignedPayloadTrailer = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER";
inline constexpr std::string_view kStreamingUnsignedPayloadTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";
// SHA-256 of nothing, in hexadecimal.
inline constexpr std::string_view kEmptySha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// Where and when a signature counts.
struct CredentialScope {
  std::string date;  // 20130524
  std::string region;
  std::string service;
  // "20130524/us-east-1/s3/aws4_request"
  std::string str() const;
  bool operator==(const CredentialScope&) const = default;
};

// ---- The three steps: canonical request, string to sign, signature.

struct CanonicalInput {
  std::string_view method;
  std::string_view path;   // percent-encoded, as sent
  std::string_view query;  // percent-encoded, as sent; X-Amz-Signature is left out
  const Headers& headers;
  std::span<const std::string> signed_headers;  // lower case, sorted
  std::string_view payload;                     // the value of x-amz-content-sha256, or UNSIGNED-PAYLOAD
};
// kInvalidArgument: a malformed escape in path or query; kSignatureMismatch: a signed header that is not there.
Result<std::string> canonical_request(const CanonicalInput& input);
std::string string_to_sign(std::string_view amz_date, const CredentialScope& scope, std::string_view canonical_request);
Sha256 derive_signing_key(std::string_view secret, const CredentialScope& scope);
// 64 lower-case hexadecimal digits.
std::string signature_of(const Sha256& signing_key, std::string_view string_to_sign);
// Constant time. False also when `given` is not 64 hexadecimal digits (either case).
bool signature_equals(std::string_view expected_hex, std::string_view given) noexcept;

// ---- What a request brings: parsed strictly, so that two readers cannot read it in two ways.

// Closed; a front end gives each its code and text.
enum class SigV4Fault : std::uint8_t {
  kUnsupportedScheme,  // not "AWS4-HMAC-SHA256"
  kMissingCredential,
  kMissingSignedHeaders,
  kMissingSignature,
  kMissingAlgorithm,  // query only
  kMissingDate,       // query only
  kMissingExpires,    // query only
  kDuplicateComponent,
  kUnknownComponent,        // header only
  kMalformedCredential,     // not key/date/region/service/terminator
  kBadTerminator,           // the last part is not aws4_request
  kMalformedSignedHeaders,  // empty, upper case, twice, or not sorted
  kHostNotSigned,
  kMalformedSignature,  // not 64 hexadecimal digits
  kMalformedDate,
  kExpiresNotANumber,
  kExpiresNegative,
  kExpiresTooLong,  // above seven days
};
// One sentence for a person.
std::string_view describe(SigV4Fault fault) noexcept;

struct SigV4Credential {
  std::string access_key;
  CredentialScope scope;
};

struct Authorization {
  SigV4Credential credential;
  std::vector<std::string> signed_headers;
  std::string signature;  // 64 hexadecimal digits as sent
};
// value: of the Authorization header. White space after commas is optional. An access key may contain '/'.
std::expected<Authorization, SigV4Fault> parse_authorization(std::string_view value);

struct PresignedQuery {
  Authorization authorization;
  std::string amz_date;
  UnixMillis signed_at_ms = 0;
  std::uint32_t expires_s = 0;
  std::optional<std::string> security_token;
};
inline constexpr std::uint32_t kPresignExpiresMaxS = 604800;
class QueryParams;  // uri.h
std::expected<PresignedQuery, SigV4Fault> parse_presigned(const QueryParams& query);
// True when any parameter of a presigned request is there.
bool is_presigned(const QueryParams& query) noexcept;

// What x-amz-content-sha256 says.
enum class PayloadForm : std::uint8_t {
  kSha256,
  kUnsigned,
  kStreamingSigned,
  kStreamingSignedTrailer,
  kStreamingUnsignedTrailer,
};
// Nothing when it is neither a keyword nor 64 hexadecimal digits.
std::optional<PayloadForm> parse_payload_form(std::string_view value) noexcept;

// The x-amz-* headers that are there and not signed, lower case and sorted; S3 refuses such a request.
std::vector<std::string> unsigned_amz_headers(const Headers& headers, std::span<const std::string> signed_headers);

// ---- Chunk signatures: each covers the one before, from the request's own ("seed") on.

class ChunkSigner {
 public:
  ChunkSigner(const Sha256& signing_key, std::string amz_date, std::string scope, std::string seed_signature);
  // The signature of the next chunk, whose bytes hash to `data_sha256`. Advances.
  std::string chunk(const Sha256& data_sha256);
  // The signature of the trailer; canonical: "name:value\n" for each line. Advances.
  std::string trailer(std::string_view canonical);

 private:
  Sha256 key_;
  std::string amz_date_;
  std::string scope_;
  std::string previous_;
};

// ---- Signing keys depend on the day only: a bounded store of them, least recently used out first.

class SigningKeyCache {
 public:
  static constexpr std::size_t kEntriesDefault = 1024;
  explicit SigningKeyCache(std::size_t entries_max = kEntriesDefault);
  ~SigningKeyCache();
  SigningKeyCache(const SigningKeyCache&) = delete;
  SigningKeyCache& operator=(const SigningKeyCache&) = delete;
  // A changed secret gives another entry; secrets themselves are not kept.
  Sha256 get(std::string_view secret, const CredentialScope& scope);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// ---- For a client.

struct Credentials {
  std::string access_key;
  std::string secret_key;
  std::string session_token;  // empty: none
};

struct SigningOptions {
  std::string region = "us-east-1";
  std::string service = "s3";
  UnixMillis now_ms = 0;
};

struct OutgoingRequest {
  std::string method;
  std::string path;   // percent-encoded
  std::string query;  // percent-encoded, without '?'
  Headers headers;    // Host included
};

// Adds X-Amz-Date, X-Amz-Content-Sha256, X-Amz-Security-Token and Authorization; signs every header but those that
// proxies change (Connection, Expect, User-Agent, Transfer-Encoding, Accept-Encoding). `payload`: as
// x-amz-content-sha256. The ChunkSigner is for the streaming forms.
Result<ChunkSigner> sign_request(OutgoingRequest& request, const Credentials& credentials,
                                 const SigningOptions& options, std::string_view payload);

// The whole query of a presigned URL, the request's own parameters first. Every header of the request is signed, so
// Host is there alone as a rule. kInvalidArgument: expires_s is 0 or above kPresignExpiresMaxS.
Result<std::string> presign_query(const OutgoingRequest& request, const Credentials& credentials,
                                  const SigningOptions& options, std::uint32_t expires_s);

}  // namespace objstore::wire
