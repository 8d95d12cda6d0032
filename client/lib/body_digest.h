// What has to be known of a body before it is sent. Pure; any thread.
#pragma once

#include <objstore/error.h>

#include <stop_token>
#include <string>

#include "client/lib/body.h"
#include "common/wire/checksum.h"

namespace objstore::client {

struct BodyDigest {
  std::string checksum;  // raw
  std::string sha256;    // hexadecimal; empty when it was not asked for
};

// Reads the body once. Sending it reads it again, which for a file costs a copy out of the page cache; the gain over a
// trailer behind an aws-chunked body is that every S3 server understands it, and that memory does not grow with a part.
// If the file changes in between, the server refuses it.
Result<BodyDigest> digest_body(const Body& body, wire::ChecksumAlgorithm algorithm, bool with_sha256,
                               const std::stop_token& stop);

}  // namespace objstore::client
