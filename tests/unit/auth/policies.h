// Policies, users and requests in a few words, for tests of the authorisation.
#pragma once

#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/auth/authorizer.h"

namespace objstore::auth::testing {

class Keys final : public PolicyContext {
 public:
  Keys() = default;
  Keys(std::initializer_list<std::pair<const std::string, std::vector<std::string>>> keys) : keys_(keys) {}
  std::optional<std::vector<std::string>> values(std::string_view key) const override {
    const auto it = keys_.find(std::string(key));
    if (it == keys_.end()) return std::nullopt;
    return it->second;
  }

 private:
  std::map<std::string, std::vector<std::string>> keys_;
};

inline BucketName bucket_of(std::string_view name) {
  return *BucketName::parse(name);
}

// `statements` without the document around them; quotes may be written as '.
inline std::string policy_text(std::string statements, std::string_view version = "2012-10-17") {
  for (char& c : statements)
    if (c == '\'') c = '"';
  return R"({"Version":")" + std::string(version) + R"(","Statement":[)" + statements + "]}";
}

inline PolicyDocument bucket_policy(const std::string& statements, std::string_view bucket = "b-1") {
  auto policy = parse_bucket_policy(policy_text(statements), bucket_of(bucket));
  if (!policy) FAIL(policy.error().message);
  return std::move(*policy);
}

inline PolicyDocument user_policy(const std::string& statements) {
  auto policy = parse_identity_policy(policy_text(statements));
  if (!policy) FAIL(policy.error().message);
  return std::move(*policy);
}

inline Principal user(std::string account, std::string id) {
  Principal principal;
  principal.anonymous = false;
  principal.account_id = std::move(account);
  principal.user_id = std::move(id);
  return principal;
}

inline Principal owner(std::string account) {
  Principal principal = user(std::move(account), "owner");
  principal.account_owner = true;
  return principal;
}

inline Principal limited(std::string account, std::string id, const std::string& statements) {
  Principal principal = user(std::move(account), std::move(id));
  principal.policies = std::make_shared<const IdentityPolicies>(IdentityPolicies{user_policy(statements)});
  return principal;
}

}  // namespace objstore::auth::testing
