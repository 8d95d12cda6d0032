// What holds for a bucket's policy beyond the language: that it speaks of its bucket, and whether it makes the bucket
// public. Pure; any thread.
#pragma once

#include "server/auth/policy_document.h"

namespace objstore::auth {

// kMalformed with S3's sentence.
Status check_bucket_statement(const Statement& statement, const BucketName& bucket);

// Whether the policy lets in more than a fixed set of principals, networks or sources.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html#access-control-block-public-access-policy-status
bool is_public(const PolicyDocument& policy);

}  // namespace objstore::auth
