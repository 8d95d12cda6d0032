// The nouns of the catalogue: buckets, objects, uploads, pages of listings. Values.
#pragma once

#include <objstore/error.h>
#include <objstore/names.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "server/model/version_id.h"

namespace objstore::model {

using NameValues = std::vector<std::pair<std::string, std::string>>;

inline constexpr std::uint64_t kObjectBytesMax = std::uint64_t{5} << 40;     // 5 TiB
inline constexpr std::uint64_t kSinglePutBytesMax = std::uint64_t{5} << 30;  // 5 GiB, also of a part
inline constexpr std::uint64_t kPartBytesMin = std::uint64_t{5} << 20;       // 5 MiB, but for the last part
inline constexpr std::uint32_t kPartNumberMax = 10'000;
inline constexpr std::size_t kListPageMax = 1'000;

// A bucket begins without; once enabled, versioning can only be suspended.
enum class Versioning : std::uint8_t { kNever = 0, kEnabled = 1, kSuspended = 2 };

// What the ETags of a bucket's objects and parts are made of: the MD5 of their bytes, or what their chunks are called,
// which costs nothing beside storing them and cannot be taken for an MD5.
enum class EtagKind : std::uint8_t { kMd5 = 0, kOpaque = 1 };

struct BucketInfo {
  std::uint64_t id = 0;
  std::string name;
  std::string owner_account;
  std::string region;
  UnixMillis created_ms = 0;
  Versioning versioning = Versioning::kNever;
  EtagKind etag = EtagKind::kMd5;
};

// A checksum that S3 keeps with an object or part.
struct StoredChecksum {
  std::string algorithm;   // "CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"
  std::string value;       // base64; "...-N" for a composite one
  bool composite = false;  // a checksum of the parts' checksums
};

// What the uploader says about an object.
struct ObjectAttributes {
  std::string content_type = "binary/octet-stream";
  NameValues system;  // lower-case names: cache-control, content-disposition, content-encoding, content-language,
                      // expires, x-amz-website-redirect-location
  NameValues user_metadata;  // lower-case names without "x-amz-meta-"
  std::string storage_class = "STANDARD";
  NameValues tags;
};

struct ObjectInfo {
  std::string key;
  std::string version_id;      // empty: the null version
  bool delete_marker = false;  // no object, but a version that says that there is none
  std::uint64_t size = 0;
  UnixMillis modified_ms = 0;
  std::string
      etag;  // without quotes: 32 hexadecimal digits, "-N" behind them for a multipart object, "-0" for an opaque one
  std::string owner_account;
  std::optional<StoredChecksum> checksum;
  std::uint32_t parts_count = 0;  // 0: not a multipart object
  std::uint64_t generation = 0;   // changes with every write of this key
  ObjectAttributes attributes;
};

// What a caller demands of the current object of a key at the moment of the commit; nullptr when there is none. Called
// again on every retry; kPreconditionFailed and the like become the result of the operation.
using Condition = std::function<Status(const ObjectInfo* current)>;

struct ListQuery {
  std::string prefix;
  std::string delimiter;                // any length; empty: none
  std::string after;                    // only keys and common prefixes greater than this
  std::size_t max_keys = kListPageMax;  // objects and common prefixes together; 0 gives an empty page
};

// What a listing shows of an object: far less than ObjectInfo, as there are a thousand on a page. Its texts are the
// page's.
struct ListedObject {
  std::string_view key;
  bool delete_marker = false;  // not shown
  std::uint64_t size = 0;
  UnixMillis modified_ms = 0;
  std::string_view etag;  // as in ObjectInfo
  std::string_view owner_account;
  std::optional<StoredChecksum> checksum;
  std::string_view storage_class;
};

struct ListPage {
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts =
      std::make_unique<std::pmr::monotonic_buffer_resource>();  // of the objects
  std::vector<ListedObject> objects;                            // in byte order of keys
  std::vector<std::string> common_prefixes;                     // likewise
  bool truncated = false;
  std::string next_after;  // when truncated: `after` of the next page
};

// Versions of keys, delete markers among them.
struct VersionQuery {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;        // only keys and common prefixes greater than this,
  VersionChoice version_marker;  // or, when given, also the versions of that key that are older than this one
  std::size_t max_keys = kListPageMax;
};

struct ListedVersion {
  ObjectInfo info;
  bool latest = false;
};

struct VersionPage {
  std::vector<ListedVersion> versions;  // in byte order of keys, of one key the newest first
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key_marker;           // when truncated
  std::string next_version_marker = {};  // likewise; empty behind a common prefix
};

struct DeleteResult {
  bool existed = false;        // an object was removed, or hidden by a delete marker
  bool delete_marker = false;  // a delete marker was made, or (by its id) removed
  std::string version_id;      // of that marker, or of the version that was asked for; "null"; or empty: there is none
};

struct UploadOptions {
  ObjectAttributes attributes;
  std::string owner_account;
  std::string checksum_algorithm;   // empty: none asked for
  bool checksum_composite = false;  // else full object
};

struct UploadInfo {
  std::string key;
  std::string upload_id;
  UnixMillis initiated_ms = 0;
  std::string owner_account;
  std::string checksum_algorithm;
  bool checksum_composite = false;
  std::string storage_class;
};

struct UploadQuery {
  std::string prefix;
  std::string delimiter;
  std::string key_marker;  // only keys greater than this, or equal with an upload id greater than upload_id_marker
  std::string upload_id_marker;  // may stand alone: then of any key (docker-registry does so)
  std::size_t max_uploads = kListPageMax;
};

struct UploadPage {
  std::vector<UploadInfo> uploads;
  std::vector<std::string> common_prefixes;
  bool truncated = false;
  std::string next_key_marker;
  std::string next_upload_id_marker;
};

struct PartInfo {
  std::uint32_t number = 0;
  std::uint64_t size = 0;
  std::string etag;
  UnixMillis modified_ms = 0;
  std::optional<StoredChecksum> checksum;
};

struct PartPage {
  UploadInfo upload;
  std::vector<PartInfo> parts;
  bool truncated = false;
  std::uint32_t next_part_number_marker = 0;  // the last part of this page; 0 when it is empty
};

struct CompletedPart {
  std::uint32_t number = 0;
  std::string etag;      // without quotes
  std::string checksum;  // base64, or empty
};

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

}  // namespace objstore::model
