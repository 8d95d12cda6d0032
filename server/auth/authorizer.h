// May they: the one place that decides. Pure; any thread.
//
// A user may do everything in the account that owns the bucket; nobody else may do anything, and an anonymous request
// nothing at all.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>

#include "server/auth/principal.h"

namespace objstore::auth {

struct Access {
  std::string_view action;        // IAM's name: "s3:GetObject"
  std::string_view bucket;        // empty for what concerns the account (s3:ListAllMyBuckets, s3:CreateBucket)
  std::string_view key;           // empty for what concerns the bucket
  std::string_view bucket_owner;  // account id; empty when the bucket does not exist
};

class Authorizer {
 public:
  // Success, or kAccessDenied.
  Status authorize(const Principal& principal, const Access& access) const;
};

}  // namespace objstore::auth
