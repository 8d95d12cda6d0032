// What a request asks of access control lists. There is one list that a bucket and its objects can have: the bucket's
// owner has FULL_CONTROL and nobody else has anything. A request that asks for it is carried out, any other refused.
//
// Pure but for the look-up of owners and of a bucket's ownership controls; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/about-object-ownership.html
#pragma once

#include <optional>
#include <string>

#include "server/api/s3/call.h"

namespace objstore::s3 {

enum class AclChoice : std::uint8_t {
  kOwnerFullControl,  // of the bucket's owner, in so many words
  kPrivate,           // the uploader's, which means the same here
  kOther,
};

// By x-amz-acl or x-amz-grant-*; nothing without them. InvalidArgument, InvalidRequest (both).
Outcome<std::optional<AclChoice>> acl_of_headers(const Call& call);
// MalformedACLError.
Outcome<AclChoice> acl_of_document(const Call& call, const std::string& document);

// Whether the bucket's owner has set BucketOwnerEnforced. Then S3 takes no `private` and no change of any list; without
// it, which is how a bucket begins, clients that always say `private` are let through.
Outcome<bool> is_enforced_by_owner(const Call& call);

// For requests that make objects and buckets: AccessControlListNotSupported, InvalidBucketAclWithObjectOwnership, and
// what acl_of_headers() refuses.
Outcome<void> check_acl_headers(const Call& call);

}  // namespace objstore::s3
