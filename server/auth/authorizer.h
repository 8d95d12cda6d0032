// May they: the one place that decides. Pure; any thread.
//
// A Deny anywhere wins. Inside the account that owns the bucket, the user's own policies or the bucket's may allow;
// from another account both must; who is not identified has only the bucket's. docs/decisions/0013-authorisation.md.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>

#include "server/auth/policy_context.h"
#include "server/auth/policy_document.h"
#include "server/auth/principal.h"

namespace objstore::auth {

struct Access {
  std::string_view action;        // IAM's name: "s3:GetObject"
  std::string_view bucket;        // empty for what concerns the account (s3:ListAllMyBuckets)
  std::string_view key;           // empty for what concerns the bucket
  std::string_view bucket_owner;  // account id; empty when the bucket does not exist
  const PolicyDocument* bucket_policy = nullptr;
  bool restrict_public = false;            // a public policy counts for the owner's account alone
  const PolicyContext* context = nullptr;  // of the request; null: it has no condition keys
};

class Authorizer {
 public:
  // Success, or kAccessDenied.
  Status authorize(const Principal& principal, const Access& access) const;
};

// arn:aws:iam::<account>:user/<user>; empty for who is not identified.
std::string principal_arn(const Principal& principal);

}  // namespace objstore::auth
