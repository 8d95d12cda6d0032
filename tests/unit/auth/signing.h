// Requests as a client would sign them, each step open to tampering. For the authenticator's tests; one thread.
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"
#include "server/auth/authenticator.h"

namespace objstore::auth::testing {

inline constexpr std::string_view kKey = "AKIAIOSFODNN7EXAMPLE";
inline constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline constexpr UnixMillis kNow = 1369353600000;  // 2013-05-24T00:00:00Z

class FakeClock final : public Clock {
 public:
  explicit FakeClock(UnixMillis now = kNow) : now_(now) {}
  UnixMillis now_ms() const override { return now_; }
  std::chrono::steady_clock::time_point steady_now() const override {
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_));
  }
  void advance(UnixMillis by) { now_ += by; }

 private:
  UnixMillis now_;
};

class FakeCredentials final : public CredentialStore {
 public:
  FakeCredentials() { set(kKey, kSecret); }
  void set(std::string_view key, std::string_view secret, bool active = true) {
    Credential credential;
    credential.principal.anonymous = false;
    credential.principal.account_id = "123456789012";
    credential.principal.user_id = "canonical";
    credential.principal.display_name = "Somebody";
    credential.principal.access_key = key;
    credential.secret = secret;
    credential.active = active;
    keys_[std::string(key)] = credential;
  }
  std::optional<Credential> find(std::string_view access_key) const override {
    const auto found = keys_.find(access_key);
    return found == keys_.end() ? std::nullopt : std::optional(found->second);
  }
  std::optional<Account> find_account(std::string_view) const override { return std::nullopt; }

 private:
  std::map<std::string, Credential, std::less<>> keys_;
};

inline wire::RequestHead make_head(std::string method, std::string path, std::string query = {}) {
  wire::RequestHead head;
  head.method = std::move(method);
  head.path = std::move(path);
  head.query = std::move(query);
  head.target = head.path + (head.query.empty() ? "" : "?" + head.query);
  head.headers.add("Host", "examplebucket.s3.amazonaws.com");
  return head;
}

struct Signer {
  std::string key{kKey};
  std::string secret{kSecret};
  UnixMillis time = kNow;
  wire::CredentialScope scope{.date = "20130524", .region = "us-east-1", .service = "s3"};
  std::string payload{wire::kEmptySha256};
  std::vector<std::string> leave_unsigned{};  // header names, lower case

  std::string credential() const { return key + "/" + scope.str(); }

  std::vector<std::string> signed_headers(const wire::RequestHead& head) const {
    std::vector<std::string> names;
    for (const auto& header : head.headers) names.push_back(to_lower(header.name));
    std::erase_if(names,
                  [&](const auto& name) { return std::ranges::find(leave_unsigned, name) != leave_unsigned.end(); });
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
  }

  static std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ";") + name;
    return text;
  }

  std::string signature(const wire::RequestHead& head, const std::vector<std::string>& names) const {
    const auto canonical = wire::canonical_request({.method = head.method,
                                                    .path = head.path,
                                                    .query = head.query,
                                                    .headers = head.headers,
                                                    .signed_headers = names,
                                                    .payload = payload});
    if (!canonical) return std::string(64, '0');
    return wire::signature_of(wire::derive_signing_key(secret, scope),
                              wire::string_to_sign(wire::format_amz_date(time), scope, *canonical));
  }

  // Adds x-amz-date, x-amz-content-sha256 and Authorization.
  void sign(wire::RequestHead& head) const {
    head.headers.add("x-amz-date", wire::format_amz_date(time));
    head.headers.add("x-amz-content-sha256", payload);
    authorize(head);
  }

  void authorize(wire::RequestHead& head) const {
    const auto names = signed_headers(head);
    head.headers.add("Authorization", "AWS4-HMAC-SHA256 Credential=" + credential() +
                                          ", SignedHeaders=" + joined(names) + ", Signature=" + signature(head, names));
  }

  // Makes the request a presigned one.
  void presign(wire::RequestHead& head, const std::string& expires = "86400") const {
    Signer query_signer = *this;
    if (payload == wire::kEmptySha256) query_signer.payload = wire::kUnsignedPayload;
    const auto names = signed_headers(head);
    if (!head.query.empty()) head.query += "&";
    head.query += "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + wire::percent_encode(credential()) +
                  "&X-Amz-Date=" + wire::format_amz_date(time) + "&X-Amz-Expires=" + expires +
                  "&X-Amz-SignedHeaders=" + wire::percent_encode(joined(names));
    head.query += "&X-Amz-Signature=" + query_signer.signature(head, names);
    head.target = head.path + "?" + head.query;
  }
};

// What the server answers: nothing for success.
struct Bench {
  FakeCredentials credentials{};
  FakeClock clock{};
  AuthenticatorOptions options{};

  std::expected<Authenticated, AuthError> ask(const wire::RequestHead& head) const {
    return Authenticator(credentials, clock, options).authenticate(head);
  }
  std::optional<Refusal> refusal(const wire::RequestHead& head) const {
    const auto answer = ask(head);
    return answer ? std::nullopt : std::optional(answer.error().refusal);
  }
};

inline std::string field(const AuthError& error, std::string_view name) {
  for (const auto& [field_name, text] : error.fields)
    if (field_name == name) return text;
  return {};
}

inline void replace_header(wire::RequestHead& head, std::string_view name, std::string_view from, std::string_view to) {
  std::string value(*head.headers.find(name));
  const auto at = value.find(from);
  if (at == std::string::npos) return;
  value.replace(at, from.size(), to);
  head.headers.set(name, value);
}

}  // namespace objstore::auth::testing
