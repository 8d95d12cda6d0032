// The public access block of a bucket, between its XML document and what is decided by it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "server/api/s3/errors.h"

namespace objstore::s3 {

struct PublicAccessBlock {
  bool block_public_acls = false;
  bool ignore_public_acls = false;
  bool block_public_policy = false;      // a policy that makes the bucket public is refused
  bool restrict_public_buckets = false;  // one that is there counts for the owner's account alone
};

// MalformedXML.
Outcome<PublicAccessBlock> read_public_access(const std::string& document);
std::string public_access_document(const PublicAccessBlock& block);
// Of a document that was stored. One that cannot be read blocks everything.
PublicAccessBlock stored_public_access(const std::string& document);

}  // namespace objstore::s3
