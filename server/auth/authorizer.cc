#include "server/auth/authorizer.h"

#include <algorithm>

#include "server/auth/bucket_policy_rules.h"
#include "server/auth/policy_evaluate.h"

namespace objstore::auth {
namespace {

std::string resource_arn(const Access& access) {
  std::string arn = "arn:aws:s3:::";
  // What concerns no bucket concerns all of them.
  if (access.bucket.empty()) return arn + "*";
  arn += access.bucket;
  if (!access.key.empty()) arn.append("/").append(access.key);
  return arn;
}

// What is known about who asks and whose the resource is, before the request's own keys.
class FullContext final : public PolicyContext {
 public:
  FullContext(const Principal& principal, const Access& access) : principal_(principal), access_(access) {}

  std::optional<std::vector<std::string>> values(std::string_view key) const override {
    if (key == "aws:userid") return one(principal_.anonymous ? std::string("anonymous") : principal_.user_id);
    if (key == "aws:username") return known(principal_.user_id);
    if (key == "aws:principalarn") return known(principal_arn(principal_));
    if (key == "aws:principalaccount") return known(principal_.account_id);
    if (key == "aws:principaltype") return one(principal_.anonymous ? "Anonymous" : is_root() ? "Account" : "User");
    if (key == "aws:principalisawsservice" || key == "aws:viaawsservice") return one("false");
    if (key == "aws:resourceaccount" || key == "s3:resourceaccount")
      return access_.bucket_owner.empty() ? std::nullopt : one(std::string(access_.bucket_owner));
    return access_.context == nullptr ? std::nullopt : access_.context->values(key);
  }

 private:
  using Values = std::optional<std::vector<std::string>>;
  static Values one(std::string value) { return std::vector{std::move(value)}; }
  Values known(std::string value) const { return principal_.anonymous ? std::nullopt : one(std::move(value)); }
  bool is_root() const { return principal_.account_owner; }

  const Principal& principal_;
  const Access& access_;
};

PolicyFindings findings_of_user(const PolicyQuestion& question) {
  if (question.principal.anonymous) return {};
  if (!question.principal.policies) return {.denied = false, .allowed = true, .allowed_to_account = false};
  PolicyFindings all;
  for (const PolicyDocument& policy : *question.principal.policies) {
    const PolicyFindings one = evaluate_identity_policy(policy, question);
    all.denied = all.denied || one.denied;
    all.allowed = all.allowed || one.allowed;
  }
  return all;
}

// Whoever owns the account can always mend a policy that shuts everybody out.
bool mends_policy(const Principal& principal, const Access& access) {
  return principal.account_owner && access.bucket_owner == principal.account_id &&
         (access.action == "s3:GetBucketPolicy" || access.action == "s3:PutBucketPolicy" ||
          access.action == "s3:DeleteBucketPolicy");
}

bool is_allowed(const Principal& principal, const Access& access) {
  const FullContext context(principal, access);
  const std::string arn = resource_arn(access);
  const PolicyQuestion question{principal, access.action, arn, context};
  const PolicyFindings user = findings_of_user(question);
  if (user.denied) return false;
  if (access.bucket.empty()) return user.allowed;
  // There is nothing to protect in a bucket that does not exist, and S3 tells everybody that it does not.
  if (access.bucket_owner.empty()) return user.allowed || principal.anonymous;
  PolicyFindings bucket;
  if (access.bucket_policy != nullptr) bucket = evaluate_bucket_policy(*access.bucket_policy, question);
  if (bucket.denied) return mends_policy(principal, access);
  if (!principal.anonymous && principal.account_id == access.bucket_owner) return user.allowed || bucket.allowed;
  if (!bucket.allowed && !bucket.allowed_to_account) return false;
  if (access.restrict_public && is_public(*access.bucket_policy)) return false;
  return principal.anonymous || user.allowed;
}

}  // namespace

std::string principal_arn(const Principal& principal) {
  if (principal.anonymous) return {};
  return "arn:aws:iam::" + principal.account_id + ":user/" + principal.user_id;
}

Status Authorizer::authorize(const Principal& principal, const Access& access) const {
  if (is_allowed(principal, access)) return {};
  return fail(Errc::kAccessDenied, "Access Denied");
}

}  // namespace objstore::auth
