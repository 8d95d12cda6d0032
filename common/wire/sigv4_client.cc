#include <algorithm>
#include <array>
#include <utility>

#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::wire {
namespace {

// Proxies add, drop or change these.
constexpr std::array<std::string_view, 6> kNeverSigned = {"accept-encoding", "authorization",     "connection",
                                                          "expect",          "transfer-encoding", "user-agent"};

std::vector<std::string> names_to_sign(const Headers& headers) {
  std::vector<std::string> names;
  for (const Header& header : headers) {
    std::string name = to_lower(header.name);
    if (std::ranges::find(kNeverSigned, name) == kNeverSigned.end()) names.push_back(std::move(name));
  }
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  return names;
}

std::string join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    if (!out.empty()) out.push_back(';');
    out += name;
  }
  return out;
}

struct Stamp {
  std::string amz_date;
  CredentialScope scope;
};

Stamp make_stamp(const SigningOptions& options) {
  Stamp stamp;
  stamp.amz_date = format_amz_date(options.now_ms);
  stamp.scope = {stamp.amz_date.substr(0, 8), options.region, options.service};
  return stamp;
}

}  // namespace

Result<ChunkSigner> sign_request(OutgoingRequest& request, const Credentials& credentials,
                                 const SigningOptions& options, std::string_view payload) {
  const Stamp stamp = make_stamp(options);
  request.headers.remove("Authorization");
  request.headers.set("X-Amz-Date", stamp.amz_date);
  request.headers.set("X-Amz-Content-Sha256", payload);
  if (!credentials.session_token.empty()) request.headers.set("X-Amz-Security-Token", credentials.session_token);
  const std::vector<std::string> names = names_to_sign(request.headers);
  OBJSTORE_ASSIGN(const std::string canonical,
                  canonical_request({request.method, request.path, request.query, request.headers, names, payload}));
  const Sha256 key = derive_signing_key(credentials.secret_key, stamp.scope);
  std::string signature = signature_of(key, string_to_sign(stamp.amz_date, stamp.scope, canonical));
  std::string value(kSigV4Algorithm);
  value.append(" Credential=").append(credentials.access_key).append("/").append(stamp.scope.str());
  value.append(", SignedHeaders=").append(join(names)).append(", Signature=").append(signature);
  request.headers.set("Authorization", value);
  return ChunkSigner(key, stamp.amz_date, stamp.scope.str(), std::move(signature));
}

Result<std::string> presign_query(const OutgoingRequest& request, const Credentials& credentials,
                                  const SigningOptions& options, std::uint32_t expires_s) {
  if (expires_s == 0 || expires_s > kPresignExpiresMaxS)
    return fail(Errc::kInvalidArgument, "a presigned URL is valid for 1 to 604,800 seconds");
  const Stamp stamp = make_stamp(options);
  const std::vector<std::string> names = names_to_sign(request.headers);
  QueryBuilder added;
  added.add("X-Amz-Algorithm", kSigV4Algorithm)
      .add("X-Amz-Credential", credentials.access_key + "/" + stamp.scope.str())
      .add("X-Amz-Date", stamp.amz_date)
      .add("X-Amz-Expires", std::to_string(expires_s));
  if (!credentials.session_token.empty()) added.add("X-Amz-Security-Token", credentials.session_token);
  added.add("X-Amz-SignedHeaders", join(names));
  const std::string query = request.query.empty() ? added.str() : request.query + "&" + added.str();
  OBJSTORE_ASSIGN(const std::string canonical,
                  canonical_request({request.method, request.path, query, request.headers, names, kUnsignedPayload}));
  const Sha256 key = derive_signing_key(credentials.secret_key, stamp.scope);
  return query + "&X-Amz-Signature=" + signature_of(key, string_to_sign(stamp.amz_date, stamp.scope, canonical));
}

}  // namespace objstore::wire
