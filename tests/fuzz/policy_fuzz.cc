// A policy, as a bucket's and as a user's. Whatever parses is evaluated for several callers.
#include <algorithm>

#include "common/base/check.h"
#include "server/auth/authorizer.h"
#include "server/auth/bucket_policy_rules.h"
#include "server/auth/policy_evaluate.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::auth;

namespace {

// Every key has the value that the policy's text suggests least: its own name, or nothing.
class NamesAsValues final : public PolicyContext {
 public:
  std::optional<std::vector<std::string>> values(std::string_view key) const override {
    if (key.size() % 3 == 0) return std::nullopt;
    if (key.ends_with("ip")) return std::vector<std::string>{"::ffff:192.0.2.7"};
    return std::vector<std::string>(key.size() % 3, std::string(key));
  }
};

Principal user() {
  Principal principal;
  principal.anonymous = false;
  principal.account_id = "1";
  principal.user_id = "*";
  return principal;
}

void check_statement(const Statement& statement) {
  CHECK(!statement.actions.empty() && !statement.resources.empty());
  CHECK(!(statement.not_principal && statement.effect == Effect::kAllow));
}

void decide(const PolicyDocument& policy) {
  const NamesAsValues context;
  for (const Principal& who : {Principal{}, user()}) {
    for (const std::string_view key : {"", "public/key"}) {
      const Access access{.action = "s3:GetObject",
                          .bucket = "bucket",
                          .key = key,
                          .bucket_owner = "2",
                          .bucket_policy = &policy,
                          .restrict_public = true,
                          .context = &context};
      const bool allowed = Authorizer().authorize(who, access).has_value();
      // A public policy that is restricted lets nobody in from outside.
      CHECK(!(allowed && is_public(policy)));
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  static const BucketName bucket = *BucketName::parse("bucket");
  if (const auto policy = parse_bucket_policy(text, bucket)) {
    CHECK(text.size() <= kPolicyBytesMax && text.front() == '{');
    std::ranges::for_each(policy->statements, check_statement);
    decide(*policy);
  }
  if (const auto policy = parse_identity_policy(text)) {
    const NamesAsValues context;
    const Principal who = user();
    evaluate_identity_policy(*policy, {who, "s3:PutObject", "arn:aws:s3:::bucket/key", context});
  }
  return 0;
}
