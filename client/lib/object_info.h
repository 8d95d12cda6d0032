// What the server says of an object in the head of an answer, and the requests that make it say so. Any thread.
#pragma once

#include <objstore/transfer.h>

#include <optional>
#include <string>

#include "client/lib/s3_caller.h"
#include "common/wire/checksum.h"

namespace objstore::client {

// What the headers of GetObject or HeadObject say.
ObjectInfo read_object_info(const HttpResponseHead& head);

// The checksum that a whole body can be compared with.
struct ExpectedChecksum {
  wire::ChecksumAlgorithm algorithm;
  std::string base64;
};
// Nothing where the server keeps none, or only a composed one ("...-N"): that is of the parts' checksums, and the
// parts' borders are not known here.
std::optional<ExpectedChecksum> expected_checksum(const HttpResponseHead& head);

// kDigestMismatch when what arrived has another one.
Status compare_checksum(const ExpectedChecksum& expected, const std::string& actual_base64);

// "bytes=first-last", "bytes=first-".
std::string range_value(std::uint64_t first, const std::optional<std::uint64_t>& last);

// GET or HEAD of an object, with the options' version, range and conditions.
S3Request object_request(const std::string& method, const ObjectName& object, const GetOptions& options);
Result<HttpResponseHead> head_of(const S3Caller& caller, const ObjectName& object, const GetOptions& options);
Result<ObjectInfo> head_object(const S3Caller& caller, const ObjectName& object, const GetOptions& options);

}  // namespace objstore::client
