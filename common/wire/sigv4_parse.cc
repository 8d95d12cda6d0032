#include <algorithm>
#include <array>
#include <utility>

#include "common/base/bytes.h"
#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::wire {
namespace {

template <typename T>
using Parsed = std::expected<T, SigV4Fault>;

constexpr std::size_t kDateDigits = 8;
constexpr std::size_t kSignatureDigits = 64;

std::unexpected<SigV4Fault> fault(SigV4Fault f) {
  return std::unexpected(f);
}

bool is_hex_digest(std::string_view text) noexcept {
  return text.size() == kSignatureDigits && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool is_date(std::string_view text) {
  return text.size() == kDateDigits && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Splits off what follows the last '/'.
Parsed<std::string> take_last(std::string_view& text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos || slash + 1 == text.size()) return fault(SigV4Fault::kMalformedCredential);
  std::string last(text.substr(slash + 1));
  text = text.substr(0, slash);
  return last;
}

// From the right, since an access key may contain '/'.
Parsed<SigV4Credential> parse_credential(std::string_view text) {
  SigV4Credential credential;
  auto terminator = take_last(text);
  auto service = terminator ? take_last(text) : terminator;
  auto region = service ? take_last(text) : service;
  auto date = region ? take_last(text) : region;
  if (!date || text.empty() || !is_date(*date)) return fault(SigV4Fault::kMalformedCredential);
  if (*terminator != kSigV4Terminator) return fault(SigV4Fault::kBadTerminator);
  credential.access_key = text;
  credential.scope = {std::move(*date), std::move(*region), std::move(*service)};
  return credential;
}

// Sorted and without repetition, as the signer must have put them: else the list could be read in two ways.
Parsed<std::vector<std::string>> parse_signed_headers(std::string_view text) {
  std::vector<std::string> names;
  bool more = true;
  while (more) {
    const std::size_t end = text.find(';');
    more = end != std::string_view::npos;
    std::string name(text.substr(0, end));
    if (more) text.remove_prefix(end + 1);
    const bool lower = std::ranges::none_of(name, [](char c) { return c >= 'A' && c <= 'Z'; });
    if (name.empty() || !lower || (!names.empty() && names.back() >= name))
      return fault(SigV4Fault::kMalformedSignedHeaders);
    names.push_back(std::move(name));
  }
  if (!std::ranges::binary_search(names, "host")) return fault(SigV4Fault::kHostNotSigned);
  return names;
}

Parsed<Authorization> make_authorization(std::string_view credential, std::string_view signed_headers,
                                         std::string_view signature) {
  Authorization out;
  auto parsed_credential = parse_credential(credential);
  if (!parsed_credential) return fault(parsed_credential.error());
  auto names = parse_signed_headers(signed_headers);
  if (!names) return fault(names.error());
  if (!is_hex_digest(signature)) return fault(SigV4Fault::kMalformedSignature);
  out.credential = std::move(*parsed_credential);
  out.signed_headers = std::move(*names);
  out.signature = signature;
  return out;
}

struct Components {
  std::optional<std::string_view> credential;
  std::optional<std::string_view> signed_headers;
  std::optional<std::string_view> signature;
};

Parsed<Components> split_components(std::string_view text) {
  Components out;
  bool more = true;
  while (more) {
    const std::size_t comma = text.find(',');
    more = comma != std::string_view::npos;
    const std::string_view piece = trim(text.substr(0, comma));
    if (more) text.remove_prefix(comma + 1);
    const std::size_t equals = piece.find('=');
    if (equals == std::string_view::npos) return fault(SigV4Fault::kUnknownComponent);
    const std::string_view name = piece.substr(0, equals);
    auto* const slot = name == "Credential"      ? &out.credential
                       : name == "SignedHeaders" ? &out.signed_headers
                       : name == "Signature"     ? &out.signature
                                                 : nullptr;
    if (slot == nullptr) return fault(SigV4Fault::kUnknownComponent);
    if (slot->has_value()) return fault(SigV4Fault::kDuplicateComponent);
    *slot = piece.substr(equals + 1);
  }
  return out;
}

Parsed<std::uint32_t> parse_expires(std::string_view text) {
  if (text.starts_with('-') && parse_u64(text.substr(1))) return fault(SigV4Fault::kExpiresNegative);
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return fault(SigV4Fault::kExpiresNotANumber);
  const auto seconds = parse_u64(text);
  if (!seconds || *seconds > kPresignExpiresMaxS) return fault(SigV4Fault::kExpiresTooLong);
  return static_cast<std::uint32_t>(*seconds);
}

struct RequiredParam {
  std::string_view name;
  SigV4Fault missing;
};
constexpr std::array<RequiredParam, 6> kRequiredParams = {{
    {"X-Amz-Algorithm", SigV4Fault::kMissingAlgorithm},
    {"X-Amz-Credential", SigV4Fault::kMissingCredential},
    {"X-Amz-Date", SigV4Fault::kMissingDate},
    {"X-Amz-Expires", SigV4Fault::kMissingExpires},
    {"X-Amz-SignedHeaders", SigV4Fault::kMissingSignedHeaders},
    {"X-Amz-Signature", SigV4Fault::kMissingSignature},
}};
constexpr std::string_view kTokenParam = "X-Amz-Security-Token";

std::optional<SigV4Fault> check_params(const QueryParams& query) {
  for (const RequiredParam& param : kRequiredParams) {
    const std::size_t times = query.count(param.name);
    if (times == 0) return param.missing;
    if (times > 1) return SigV4Fault::kDuplicateComponent;
  }
  if (query.count(kTokenParam) > 1) return SigV4Fault::kDuplicateComponent;
  return std::nullopt;
}

}  // namespace

std::string_view describe(SigV4Fault f) noexcept {
  switch (f) {
    case SigV4Fault::kUnsupportedScheme:
      return "Please use AWS4-HMAC-SHA256.";
    case SigV4Fault::kMissingCredential:
      return "The Credential component is missing.";
    case SigV4Fault::kMissingSignedHeaders:
      return "The SignedHeaders component is missing.";
    case SigV4Fault::kMissingSignature:
      return "The Signature component is missing.";
    case SigV4Fault::kMissingAlgorithm:
      return "X-Amz-Algorithm is missing.";
    case SigV4Fault::kMissingDate:
      return "X-Amz-Date is missing.";
    case SigV4Fault::kMissingExpires:
      return "X-Amz-Expires is missing.";
    case SigV4Fault::kDuplicateComponent:
      return "A component is given more than once.";
    case SigV4Fault::kUnknownComponent:
      return "A component is unknown or malformed.";
    case SigV4Fault::kMalformedCredential:
      return "The Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
    case SigV4Fault::kBadTerminator:
      return "The Credential does not end with aws4_request.";
    case SigV4Fault::kMalformedSignedHeaders:
      return "SignedHeaders must be lower case, sorted and without repetition.";
    case SigV4Fault::kHostNotSigned:
      return "The Host header must be signed.";
    case SigV4Fault::kMalformedSignature:
      return "The Signature is not 64 hexadecimal digits.";
    case SigV4Fault::kMalformedDate:
      return "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\".";
    case SigV4Fault::kExpiresNotANumber:
      return "X-Amz-Expires should be a number.";
    case SigV4Fault::kExpiresNegative:
      return "X-Amz-Expires must be non-negative.";
    case SigV4Fault::kExpiresTooLong:
      return "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than "
             "604800 seconds.";
  }
  return "The signature cannot be read.";
}

Parsed<Authorization> parse_authorization(std::string_view value) {
  const std::size_t space = value.find_first_of(" \t");
  if (value.substr(0, space) != kSigV4Algorithm) return fault(SigV4Fault::kUnsupportedScheme);
  const std::string_view rest = space == std::string_view::npos ? std::string_view() : trim(value.substr(space));
  if (rest.empty()) return fault(SigV4Fault::kMissingCredential);
  const auto components = split_components(rest);
  if (!components) return fault(components.error());
  if (!components->credential) return fault(SigV4Fault::kMissingCredential);
  if (!components->signed_headers) return fault(SigV4Fault::kMissingSignedHeaders);
  if (!components->signature) return fault(SigV4Fault::kMissingSignature);
  return make_authorization(*components->credential, *components->signed_headers, *components->signature);
}

Parsed<PresignedQuery> parse_presigned(const QueryParams& query) {
  if (const auto bad = check_params(query)) return fault(*bad);
  if (query.find("X-Amz-Algorithm") != kSigV4Algorithm) return fault(SigV4Fault::kUnsupportedScheme);
  auto authorization = make_authorization(*query.find("X-Amz-Credential"), *query.find("X-Amz-SignedHeaders"),
                                          *query.find("X-Amz-Signature"));
  if (!authorization) return fault(authorization.error());
  PresignedQuery out;
  out.authorization = std::move(*authorization);
  out.amz_date = *query.find("X-Amz-Date");
  const auto signed_at = parse_amz_date(out.amz_date);
  if (!signed_at) return fault(SigV4Fault::kMalformedDate);
  out.signed_at_ms = *signed_at;
  const auto expires = parse_expires(*query.find("X-Amz-Expires"));
  if (!expires) return fault(expires.error());
  out.expires_s = *expires;
  if (const auto token = query.find(kTokenParam)) out.security_token = std::string(*token);
  return out;
}

bool is_presigned(const QueryParams& query) noexcept {
  return query.contains(kTokenParam) ||
         std::ranges::any_of(kRequiredParams, [&](const RequiredParam& p) { return query.contains(p.name); });
}

std::optional<PayloadForm> parse_payload_form(std::string_view value) noexcept {
  if (value == kUnsignedPayload) return PayloadForm::kUnsigned;
  if (value == kStreamingSignedPayload) return PayloadForm::kStreamingSigned;
  if (value == kStreamingSignedPayloadTrailer) return PayloadForm::kStreamingSignedTrailer;
  if (value == kStreamingUnsignedPayloadTrailer) return PayloadForm::kStreamingUnsignedTrailer;
  if (is_hex_digest(value)) return PayloadForm::kSha256;
  return std::nullopt;
}

}  // namespace objstore::wire
