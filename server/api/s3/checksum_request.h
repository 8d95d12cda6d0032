// Which checksum a request states or announces for its body. Pure; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "common/wire/checksum.h"
#include "common/wire/http.h"
#include "server/api/s3/errors.h"
#include "server/model/types.h"

namespace objstore::s3 {

struct ChecksumRequest {
  std::optional<wire::ChecksumAlgorithm> algorithm;
  std::string stated;                 // base64, from a header; empty when it comes in the trailer
  std::vector<std::string> trailers;  // names that x-amz-trailer announces

  bool in_trailer() const { return !trailers.empty(); }
};

// streaming: the body has a trailer section. InvalidRequest (several checksums, an unknown algorithm, one that does not
// fit x-amz-sdk-checksum-algorithm), BadDigest (a header's value that no body can have), MalformedTrailerError.
Outcome<ChecksumRequest> read_checksum_request(const wire::Headers& headers, bool has_trailer_section);

// x-amz-checksum-algorithm and x-amz-checksum-type of CreateMultipartUpload.
struct UploadChecksum {
  std::optional<wire::ChecksumAlgorithm> algorithm;
  bool composite = false;
};
Outcome<UploadChecksum> read_upload_checksum(const wire::Headers& headers);

// The whole object's checksum as CompleteMultipartUpload states it: "base64" or "base64-N". InvalidRequest.
Outcome<std::optional<model::StoredChecksum>> read_object_checksum(const wire::Headers& headers);

// "COMPOSITE" or "FULL_OBJECT".
std::string_view checksum_type_name(bool composite) noexcept;

// "The CRC32 you specified did not match the calculated checksum."
std::unexpected<Failure> checksum_mismatch(wire::ChecksumAlgorithm algorithm);

}  // namespace objstore::s3
