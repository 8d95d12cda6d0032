// Which parts make the object, and what is to be said of the whole: the checks of CompleteMultipartUpload. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "server/model/catalog.h"
#include "server/model/model_rows.h"

namespace objstore::model {

struct Chosen {
  std::vector<PartInfo> parts;  // in order of their numbers
  std::uint64_t size = 0;
  std::string etag;  // MD5 of the parts' digests, "-" and their number
  std::optional<StoredChecksum> checksum;
};

// kMalformed without parts; kInvalidPartOrder; kInvalidPart for one that was not uploaded, or with another ETag or
// checksum; kTooSmall for a part below 5 MiB that is not the last; kTooLarge; kInvalidArgument for another size than
// stated; kDigestMismatch for another checksum than stated.
Result<Chosen> choose_parts(const std::vector<PartRow>& stored, const UploadOptions& upload,
                            const CompleteOptions& options);

}  // namespace objstore::model
