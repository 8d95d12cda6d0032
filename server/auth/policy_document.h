// A policy: the IAM language's documents as values, read and checked. Immutable; pure; any thread.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
#pragma once

#include <objstore/error.h>
#include <objstore/names.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/policy_condition.h"

namespace objstore::auth {

inline constexpr std::size_t kPolicyBytesMax = std::size_t{20} << 10;

enum class Effect : std::uint8_t { kAllow, kDeny };

// One entry of Principal or NotPrincipal.
struct PolicyPrincipal {
  enum class Kind : std::uint8_t {
    kEveryone,       // "*": also who is not identified
    kAccount,        // an account's id, or its root's ARN
    kUser,           // arn:aws:iam::<account>:user/<user>
    kCanonicalUser,  // the id that Owner elements show
    kOther,          // roles, services, federations: nobody here
  };
  Kind kind = Kind::kOther;
  std::string account;
  std::string user;
};

struct Statement {
  std::string sid;
  Effect effect = Effect::kDeny;
  std::vector<PolicyPrincipal> principals;  // of a bucket's policy
  bool not_principal = false;
  std::vector<std::string> actions;  // in lower case
  bool not_action = false;
  std::vector<std::string> resources;
  bool not_resource = false;
  std::vector<Condition> conditions;  // all have to hold
};

struct PolicyDocument {
  bool has_variables = false;  // version 2012-10-17
  std::string id;
  std::vector<Statement> statements;
};

// A user's policy: no principals. kMalformed with a sentence for who wrote it.
Result<PolicyDocument> parse_identity_policy(std::string_view text);
// The policy of `bucket`: principals, S3 actions, nothing but this bucket and its objects, condition keys that are
// known. kMalformed with S3's sentence.
Result<PolicyDocument> parse_bucket_policy(std::string_view text, const BucketName& bucket);

// Refuses everything to everybody: what stands in for a stored policy that cannot be read.
PolicyDocument deny_all_policy();

}  // namespace objstore::auth
