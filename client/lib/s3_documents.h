// The XML documents that the client sends and reads. Pure functions; any thread.
#pragma once

#include <objstore/error.h>
#include <objstore/names.h>
#include <objstore/transfer.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/checksum.h"

namespace objstore::client {

// kMalformed from every read_*: it is not the document that was expected.

struct BucketPage {
  std::vector<BucketInfo> buckets{};
  std::string continuation{};  // empty: the last page
};
Result<BucketPage> read_buckets(std::string_view document);

struct ObjectPage {
  ListPage page;
  std::string continuation{};  // empty: the last page
};
Result<ObjectPage> read_objects(std::string_view document);

Result<std::string> read_upload_id(std::string_view document);

// Of CopyObject, UploadPartCopy and CompleteMultipartUpload.
struct StoredResult {
  std::string etag{};
  std::optional<wire::ChecksumAlgorithm> algorithm{};  // of the checksum, if there is one
  std::string checksum{};                              // base64; "...-N" when composed of parts
};
Result<StoredResult> read_stored_result(std::string_view document);

// Keys that the server could not remove.
Result<std::vector<RemoveFailure>> read_remove_failures(std::string_view document);

std::string write_location(std::string_view region);
std::string write_remove_many(std::span<const ObjectKey> keys);

struct CompletedPart {
  std::uint64_t number = 0;
  std::string etag{};
  std::optional<wire::ChecksumAlgorithm> algorithm{};
  std::string checksum{};  // base64
};
std::string write_complete(std::span<const CompletedPart> parts);

// False for a key with characters that XML 1.0 cannot hold: it can only be named in a URL.
bool fits_in_xml(std::string_view key) noexcept;

}  // namespace objstore::client
