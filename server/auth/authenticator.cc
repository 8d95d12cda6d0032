#include "server/auth/authenticator.h"

#include <cstdlib>

#include "common/base/bytes.h"
#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"
#include "server/auth/refusals.h"

namespace objstore::auth {
namespace {

constexpr std::string_view kService = "s3";
constexpr UnixMillis kSkewMsMax = 15 * 60 * 1000;
// What an unknown key is checked with, so that it costs what a wrong secret costs. No request is accepted by it.
constexpr std::string_view kDummySecret = "no request is ever signed with this text";

// What a request says about itself, in the header or in the query.
struct Claim {
  wire::Authorization authorization;
  std::string amz_date;
  UnixMillis signed_at_ms = 0;
  bool presigned = false;
  std::uint32_t expires_s = 0;
};

template <typename T>
using Checked = std::expected<T, AuthError>;

enum class Mechanism : std::uint8_t { kNone, kHeader, kQuery, kOldQuery, kTwo };

Mechanism mechanism_of(const wire::RequestHead& head, const wire::QueryParams& query) {
  const auto headers = head.headers.count("authorization");
  const bool old_query = query.contains("AWSAccessKeyId") && query.contains("Signature");
  // A parameter such as X-Amz-Date alone is no second mechanism beside a header: it is signed like any other.
  const bool signs = old_query || query.contains("X-Amz-Algorithm") || query.contains("X-Amz-Signature") ||
                     query.contains("X-Amz-Credential");
  if (headers > 1 || (headers == 1 && signs) || (old_query && query.contains("X-Amz-Signature")))
    return Mechanism::kTwo;
  if (headers == 1) return Mechanism::kHeader;
  if (old_query) return Mechanism::kOldQuery;
  return wire::is_presigned(query) ? Mechanism::kQuery : Mechanism::kNone;
}

// When a request with an Authorization header says that it was signed; x-amz-date goes before Date.
std::optional<UnixMillis> signing_time(const wire::Headers& headers, UnixMillis now) {
  if (headers.count("x-amz-date") > 1 || headers.count("date") > 1) return std::nullopt;
  if (const auto amz_date = headers.find("x-amz-date")) return wire::parse_amz_date(*amz_date);
  const auto date = headers.find("date");
  if (!date) return std::nullopt;
  if (const auto time = wire::parse_amz_date(*date)) return time;
  return wire::parse_http_date(*date, now);
}

Checked<Claim> claim_of_header(const wire::Headers& headers, UnixMillis now) {
  auto parsed = wire::parse_authorization(*headers.find("authorization"));
  if (!parsed) return header_fault(parsed.error());
  const auto time = signing_time(headers, now);
  if (!time) return refuse(Refusal::kNoDate, "AWS authentication requires a valid Date or x-amz-date header");
  return Claim{.authorization = std::move(*parsed), .amz_date = wire::format_amz_date(*time), .signed_at_ms = *time};
}

Checked<Claim> claim_of_query(const wire::QueryParams& query) {
  auto parsed = wire::parse_presigned(query);
  if (!parsed) return query_fault(parsed.error());
  return Claim{.authorization = std::move(parsed->authorization),
               .amz_date = std::move(parsed->amz_date),
               .signed_at_ms = parsed->signed_at_ms,
               .presigned = true,
               .expires_s = parsed->expires_s};
}

Checked<void> check_scope(const Claim& claim, const std::string& region) {
  const auto& scope = claim.authorization.credential.scope;
  const auto kind = claim.presigned ? Refusal::kQueryMalformed : Refusal::kHeaderMalformed;
  const std::string prefix =
      claim.presigned ? "Error parsing the X-Amz-Credential parameter; " : "The authorization header is malformed; ";
  if (scope.region != region)
    return refuse(kind, prefix + "the region '" + scope.region + "' is wrong; expecting '" + region + "'",
                  {{"Region", region}});
  if (scope.service != kService)
    return refuse(kind, prefix + "incorrect service \"" + scope.service + "\". This endpoint belongs to \"s3\".");
  if (!claim.amz_date.starts_with(scope.date) || scope.date.size() != std::string_view("20130524").size())
    return refuse(kind, prefix + "invalid credential date \"" + scope.date +
                            "\". This date is not the same as X-Amz-Date: \"" + claim.amz_date.substr(0, 8) + "\".");
  return {};
}

Checked<void> check_time(const Claim& claim, UnixMillis now) {
  const auto server_time = [now] { return wire::format_iso8601(now); };
  if (!claim.presigned) {
    if (std::llabs(now - claim.signed_at_ms) <= kSkewMsMax) return {};
    return refuse(Refusal::kClockSkew, "The difference between the request time and the current time is too large.",
                  {{"RequestTime", claim.amz_date},
                   {"ServerTime", server_time()},
                   {"MaxAllowedSkewMilliseconds", std::to_string(kSkewMsMax)}});
  }
  if (claim.signed_at_ms > now + kSkewMsMax)
    return refuse(Refusal::kNotYetValid, "Request is not yet valid", {{"ServerTime", server_time()}});
  const UnixMillis end = claim.signed_at_ms + UnixMillis{claim.expires_s} * 1000;
  if (now >= end)
    return refuse(Refusal::kExpired, "Request has expired",
                  {{"X-Amz-Expires", std::to_string(claim.expires_s)},
                   {"Expires", wire::format_iso8601(end)},
                   {"ServerTime", server_time()}});
  return {};
}

Checked<void> check_all_signed(const Claim& claim, const wire::Headers& headers) {
  std::string names;
  for (const auto& name : wire::unsigned_amz_headers(headers, claim.authorization.signed_headers))
    names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) return {};
  return refuse(Refusal::kHeadersNotSigned, "There were headers present in the request which were not signed",
                {{"HeadersNotSigned", names}});
}

PayloadMode mode_of(wire::PayloadForm form) {
  switch (form) {
    case wire::PayloadForm::kSha256:
      return PayloadMode::kSha256;
    case wire::PayloadForm::kUnsigned:
      return PayloadMode::kUnsigned;
    case wire::PayloadForm::kStreamingSigned:
      return PayloadMode::kStreamingSigned;
    case wire::PayloadForm::kStreamingSignedTrailer:
      return PayloadMode::kStreamingSignedTrailer;
    case wire::PayloadForm::kStreamingUnsignedTrailer:
      return PayloadMode::kStreamingUnsignedTrailer;
  }
  return PayloadMode::kNone;
}

struct Payload {
  PayloadMode mode = PayloadMode::kNone;
  std::string text;  // as sent: it goes into the canonical request
};

Checked<Payload> parse_payload(std::string_view text) {
  const auto form = wire::parse_payload_form(text);
  if (!form)
    return refuse(
        Refusal::kInvalidContentSha256,
        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
        "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
        {{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", std::string(text)}});
  return Payload{.mode = mode_of(*form), .text = std::string(text)};
}

// A presigned request need not have the header; some signers put it into the query instead.
Checked<Payload> payload_of(const wire::RequestHead& head, const wire::QueryParams& query, Mechanism mechanism) {
  constexpr std::string_view kHeader = "x-amz-content-sha256";
  constexpr std::string_view kParameter = "X-Amz-Content-Sha256";
  if (head.headers.count(kHeader) > 1 || query.count(kParameter) > 1)
    return refuse(Refusal::kInvalidContentSha256, "x-amz-content-sha256 must be given once",
                  {{"ArgumentName", std::string(kHeader)}});
  if (const auto text = head.headers.find(kHeader)) return parse_payload(*text);
  if (mechanism == Mechanism::kHeader)
    return refuse(Refusal::kMissingContentSha256, "Missing required header for this request: x-amz-content-sha256");
  if (mechanism == Mechanism::kNone) return Payload{};
  if (const auto text = query.find(kParameter)) return parse_payload(*text);
  return Payload{.mode = PayloadMode::kUnsigned, .text = std::string(wire::kUnsignedPayload)};
}

bool is_unsigned(PayloadMode mode) {
  return mode == PayloadMode::kUnsigned || mode == PayloadMode::kStreamingUnsignedTrailer;
}

Checked<Authenticated> anonymous(const wire::RequestHead& head, const wire::QueryParams& query) {
  auto payload = payload_of(head, query, Mechanism::kNone);
  if (!payload) return std::unexpected(std::move(payload.error()));
  if (payload->mode == PayloadMode::kStreamingSigned || payload->mode == PayloadMode::kStreamingSignedTrailer)
    return refuse(Refusal::kInvalidContentSha256, "The value of x-amz-content-sha256 header is invalid.");
  Authenticated result;
  result.payload = payload->mode;
  if (payload->mode == PayloadMode::kSha256) result.payload_sha256 = to_lower(payload->text);
  return result;
}

bool has_token(const wire::RequestHead& head, const wire::QueryParams& query) {
  return head.headers.contains("x-amz-security-token") || query.contains("X-Amz-Security-Token");
}

}  // namespace

struct Authenticator::Impl {
  const CredentialStore& credentials;
  const Clock& clock;
  AuthenticatorOptions options;
  mutable wire::SigningKeyCache keys{};

  Checked<Authenticated> check(const wire::RequestHead& head, const wire::QueryParams& query, const Claim& claim,
                               Mechanism mechanism) const;
  Checked<Authenticated> verify(const wire::RequestHead& head, const Claim& claim, const Payload& payload) const;
};

// Everything but the signature; the order is that in which S3 names what is wrong.
Checked<Authenticated> Authenticator::Impl::check(const wire::RequestHead& head, const wire::QueryParams& query,
                                                  const Claim& claim, Mechanism mechanism) const {
  if (auto ok = check_scope(claim, options.region); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_time(claim, clock.now_ms()); !ok) return std::unexpected(std::move(ok.error()));
  if (auto ok = check_all_signed(claim, head.headers); !ok) return std::unexpected(std::move(ok.error()));
  const auto payload = payload_of(head, query, mechanism);
  if (!payload) return std::unexpected(payload.error());
  // A presigned request has nothing else to say about its body; without one there is nothing to protect.
  const bool unprotected = is_unsigned(payload->mode) && !head.secure && (!claim.presigned || head.has_body());
  if (options.require_signed_payload && unprotected)
    return refuse(Refusal::kUnsignedPayloadRefused, "This server takes unsigned payloads over TLS only");
  // Session tokens belong to temporary keys, and there are none here.
  if (has_token(head, query))
    return refuse(Refusal::kUnknownKey, "The security token included in the request is invalid");
  return verify(head, claim, *payload);
}

Checked<Authenticated> Authenticator::Impl::verify(const wire::RequestHead& head, const Claim& claim,
                                                   const Payload& payload) const {
  const auto& [given, signed_headers, signature] = claim.authorization;
  const auto canonical = wire::canonical_request({.method = head.method,
                                                  .path = head.path,
                                                  .query = head.query,
                                                  .headers = head.headers,
                                                  .signed_headers = signed_headers,
                                                  .payload = payload.text});
  if (!canonical) return refuse(Refusal::kSignatureMismatch, canonical.error().message);
  const auto credential = credentials.find(given.access_key);
  const bool usable = credential && credential->active;
  const auto signing_key = keys.get(usable ? std::string_view(credential->secret) : kDummySecret, given.scope);
  const auto text = wire::string_to_sign(claim.amz_date, given.scope, *canonical);
  const bool equal = wire::signature_equals(wire::signature_of(signing_key, text), signature);
  // As long as the answer to a wrong signature, its code included: neither work nor length tells more than the code.
  if (!usable)
    return refuse(Refusal::kUnknownKey,
                  "The AWS Access Key Id you provided does not exist in our records. Check the key id with which you "
                  "sign your request.",
                  {{"AWSAccessKeyId", given.access_key}, {"StringToSign", text}});
  if (!equal)
    return refuse(Refusal::kSignatureMismatch,
                  "The request signature we calculated does not match the signature you provided. Check your key and "
                  "signing method.",
                  {{"AWSAccessKeyId", given.access_key}, {"StringToSign", text}});
  return Authenticated{.principal = credential->principal,
                       .payload = payload.mode,
                       .payload_sha256 = payload.mode == PayloadMode::kSha256 ? to_lower(payload.text) : std::string(),
                       .presigned = claim.presigned,
                       .signing_key = signing_key,
                       .seed_signature = to_lower(signature),
                       .amz_date = claim.amz_date,
                       .scope = given.scope.str()};
}

Authenticator::Authenticator(const CredentialStore& credentials, const Clock& clock, AuthenticatorOptions options)
    : impl_(std::make_unique<Impl>(credentials, clock, std::move(options))) {}

Authenticator::~Authenticator() = default;

Checked<Authenticated> Authenticator::authenticate(const wire::RequestHead& head) const {
  const auto query = wire::QueryParams::parse(head.query);
  if (!query) return refuse(Refusal::kQueryMalformed, query.error().message);
  const auto mechanism = mechanism_of(head, *query);
  switch (mechanism) {
    case Mechanism::kNone:
      return anonymous(head, *query);
    case Mechanism::kTwo:
      return refuse(Refusal::kTwoMechanisms,
                    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                    "parameter or the Authorization header should be specified",
                    {{"ArgumentName", "Authorization"}});
    case Mechanism::kOldQuery:
      return header_fault(wire::SigV4Fault::kUnsupportedScheme);
    case Mechanism::kHeader:
    case Mechanism::kQuery:
      break;
  }
  const auto claim =
      mechanism == Mechanism::kHeader ? claim_of_header(head.headers, impl_->clock.now_ms()) : claim_of_query(*query);
  if (!claim) return std::unexpected(claim.error());
  return impl_->check(head, *query, *claim, mechanism);
}

}  // namespace objstore::auth
