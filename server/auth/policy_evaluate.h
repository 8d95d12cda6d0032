// What a policy says to a request. A pure function; any thread.
//
// Of all that apply, an explicit Deny outweighs every Allow; what nobody allows is not allowed. Weighing the policies
// of several places is the authorizer's.
#pragma once

#include <string_view>

#include "server/auth/policy_document.h"
#include "server/auth/principal.h"

namespace objstore::auth {

struct PolicyQuestion {
  const Principal& principal;
  std::string_view action;    // "s3:GetObject"
  std::string_view resource;  // "arn:aws:s3:::bucket/key"
  const PolicyContext& context;
};

struct PolicyFindings {
  bool denied = false;
  bool allowed = false;             // to this principal: by name, or as one of everybody
  bool allowed_to_account = false;  // to its account, which may hand it on by the user's own policies
};

// Principals do not count: the policy is the asking user's own.
PolicyFindings evaluate_identity_policy(const PolicyDocument& policy, const PolicyQuestion& question);
PolicyFindings evaluate_bucket_policy(const PolicyDocument& policy, const PolicyQuestion& question);

}  // namespace objstore::auth
