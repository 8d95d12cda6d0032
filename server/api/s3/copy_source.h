// The x-amz-copy-source header. Pure; any thread.
#pragma once

#include <objstore/names.h>

#include <string_view>

#include "server/api/s3/errors.h"
#include "server/model/version_id.h"

namespace objstore::s3 {

struct SourceName {
  BucketName bucket;
  ObjectKey key;
  model::VersionChoice version = {};
};

// "bucket/key" or "/bucket/key", percent-encoded or not, with or without "?versionId=...". The key is opaque: "//" and
// an encoded '/' in it mean nothing, and the first '/' ends the bucket. InvalidArgument, also for a ".." in the key.
Outcome<SourceName> parse_copy_source(std::string_view value);

}  // namespace objstore::s3
