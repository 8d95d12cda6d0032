#include "common/wire/sigv4.h"

#include <algorithm>
#include <utility>

#include "common/wire/uri.h"

namespace objstore::wire {
namespace {

constexpr std::size_t kSignatureDigits = 64;

Result<std::string> canonical_path(std::string_view path) {
  if (path.empty()) return std::string("/");
  OBJSTORE_ASSIGN(const std::string decoded, percent_decode(path));
  return percent_encode(decoded, Slash::kKeep);
}

// Sorted by encoded name, then by encoded value: sorting whole "name=value" texts would put "a-b" before "a".
Result<std::string> canonical_query(std::string_view query) {
  OBJSTORE_ASSIGN(const QueryParams params, QueryParams::parse(query));
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(params.size());
  for (const QueryParam& param : params)
    if (param.name != "X-Amz-Signature") pairs.emplace_back(percent_encode(param.name), percent_encode(param.value));
  std::ranges::sort(pairs);
  std::string out;
  for (const auto& [name, value] : pairs) {
    if (!out.empty()) out.push_back('&');
    out.append(name).append("=").append(value);
  }
  return out;
}

// Without white space at the ends, and every run of it inside as one space.
void append_collapsed(std::string& out, std::string_view value) {
  bool pending = false;
  bool started = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      pending = started;
      continue;
    }
    if (pending) out.push_back(' ');
    pending = false;
    started = true;
    out.push_back(c);
  }
}

Status append_header(std::string& out, const Headers& headers, std::string_view name) {
  out.append(name).push_back(':');
  bool found = false;
  for (const Header& header : headers) {
    if (!equals_ignore_case(header.name, name)) continue;
    if (found) out.push_back(',');
    found = true;
    append_collapsed(out, header.value);
  }
  out.push_back('\n');
  if (!found) return fail(Errc::kSignatureMismatch, "a signed header is missing: " + std::string(name));
  return {};
}

}  // namespace

std::string CredentialScope::str() const {
  std::string out = date;
  out.append("/").append(region).append("/").append(service).append("/").append(kSigV4Terminator);
  return out;
}

Result<std::string> canonical_request(const CanonicalInput& input) {
  OBJSTORE_ASSIGN(const std::string path, canonical_path(input.path));
  OBJSTORE_ASSIGN(const std::string query, canonical_query(input.query));
  std::string out(input.method);
  out.append("\n").append(path).append("\n").append(query).append("\n");
  std::string names;
  for (const std::string& name : input.signed_headers) {
    OBJSTORE_TRY(append_header(out, input.headers, name));
    if (!names.empty()) names.push_back(';');
    names += name;
  }
  out.append("\n").append(names).append("\n").append(input.payload);
  return out;
}

std::string string_to_sign(std::string_view amz_date, const CredentialScope& scope, std::string_view canonical) {
  std::string out(kSigV4Algorithm);
  out.append("\n").append(amz_date).append("\n").append(scope.str()).append("\n");
  out += to_hex(sha256(as_bytes(canonical)));
  return out;
}

Sha256 derive_signing_key(std::string_view secret, const CredentialScope& scope) {
  const std::string start = "AWS4" + std::string(secret);
  const Sha256 date = hmac_sha256(as_bytes(start), as_bytes(scope.date));
  const Sha256 region = hmac_sha256(date, as_bytes(scope.region));
  const Sha256 service = hmac_sha256(region, as_bytes(scope.service));
  return hmac_sha256(service, as_bytes(kSigV4Terminator));
}

std::string signature_of(const Sha256& signing_key, std::string_view text) {
  return to_hex(hmac_sha256(signing_key, as_bytes(text)));
}

bool signature_equals(std::string_view expected_hex, std::string_view given) noexcept {
  if (given.size() != kSignatureDigits) return false;
  const auto expected = from_hex(expected_hex);
  const auto bytes = from_hex(given);
  return expected && bytes && equal_constant_time(as_bytes(*expected), as_bytes(*bytes));
}

std::vector<std::string> unsigned_amz_headers(const Headers& headers, std::span<const std::string> signed_headers) {
  std::vector<std::string> names;
  constexpr std::string_view kPrefix = "x-amz-";
  for (const Header& header : headers) {
    if (!equals_ignore_case(std::string_view(header.name).substr(0, kPrefix.size()), kPrefix)) continue;
    std::string name = to_lower(header.name);
    if (std::ranges::find(signed_headers, name) == signed_headers.end()) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

ChunkSigner::ChunkSigner(const Sha256& signing_key, std::string amz_date, std::string scope, std::string seed_signature)
    : key_(signing_key),
      amz_date_(std::move(amz_date)),
      scope_(std::move(scope)),
      previous_(std::move(seed_signature)) {}

std::string ChunkSigner::chunk(const Sha256& data_sha256) {
  std::string text = "AWS4-HMAC-SHA256-PAYLOAD\n";
  text.append(amz_date_).append("\n").append(scope_).append("\n").append(previous_).append("\n");
  text.append(kEmptySha256).append("\n").append(to_hex(data_sha256));
  previous_ = signature_of(key_, text);
  return previous_;
}

std::string ChunkSigner::trailer(std::string_view canonical) {
  std::string text = "AWS4-HMAC-SHA256-TRAILER\n";
  text.append(amz_date_).append("\n").append(scope_).append("\n").append(previous_).append("\n");
  text += to_hex(sha256(as_bytes(canonical)));
  previous_ = signature_of(key_, text);
  return previous_;
}

}  // namespace objstore::wire
