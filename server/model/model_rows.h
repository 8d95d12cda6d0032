// The rows of the catalogue: keys and values of its tables, as plain structs. docs/formats/metadata.md.
//
// Values; pure functions; any thread. decode_* answer kCorrupt for bytes that are not such a row.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/bucket_documents.h"
#include "server/model/types.h"
#include "server/storage/engine.h"

namespace objstore::model {

enum class BucketState : std::uint8_t { kActive = 1, kDeleting = 2 };

struct BucketRow {
  BucketInfo info;
  BucketState state = BucketState::kActive;
  storage::Domain domain = 0;
};

struct ObjectRow {
  ObjectInfo info;
  std::uint64_t object_id = 0;
  std::uint64_t sequence = 0;
  bool inlined = false;
  storage::Layout layout;
  // Of a current version: the sequence that the null version has in table versions. It may be gone from there.
  std::uint64_t null_sequence = 0;
};

enum class UploadState : std::uint8_t { kOpen = 1, kCompleting = 2, kAborting = 3, kCompleted = 4 };

struct UploadRow {
  UploadState state = UploadState::kOpen;
  UnixMillis initiated_ms = 0;
  UploadOptions options;
  std::optional<ObjectInfo> result;  // of a completed one
};

struct PartRow {
  PartInfo info;
  storage::Layout layout;
};

std::string encode(const BucketRow& row);
std::string encode(const ObjectRow& row);
std::string encode(const UploadRow& row);
std::string encode(const PartRow& row);
std::string encode_part_list(const std::vector<PartInfo>& parts);

Result<BucketRow> decode_bucket(std::string_view name, std::string_view bytes);
Result<ObjectRow> decode_object(std::string_view key, std::string_view bytes);
Result<UploadRow> decode_upload(std::string_view bytes);
Result<PartRow> decode_part(std::string_view bytes);
Result<std::vector<PartInfo>> decode_part_list(std::string_view bytes);

// Tables objects and uploads: everything of a bucket lies below its id.
std::string bucket_prefix(std::uint64_t bucket);
std::string object_key(std::uint64_t bucket, std::string_view key);
// Table versions: below a key's prefix its older versions, the newest first. A key has no NUL, so the order of keys is
// that of table objects.
std::string versions_prefix(std::uint64_t bucket, std::string_view key);
std::string version_key(std::uint64_t bucket, std::string_view key, std::uint64_t sequence);
// A key has no NUL, so uploads are in order of keys, then of upload ids.
std::string upload_key(std::uint64_t bucket, std::string_view key, std::string_view upload_id);
struct UploadName {
  std::string key;
  std::string upload_id;
};
// Of a row's key; kCorrupt.
Result<UploadName> parse_upload_key(std::string_view row_key);

// Table parts: 'u' for the parts of an upload, 'o' for the part list of a completed object.
std::string upload_parts_prefix(std::string_view upload_id);
std::string upload_part_key(std::string_view upload_id, std::uint32_t number);
std::string part_list_key(std::uint64_t object_id, std::uint32_t page);
inline constexpr std::size_t kPartsPerListPage = 1000;
std::uint32_t part_list_pages(std::uint32_t parts_count);

// Table store: completed uploads in order of time, so that they can be forgotten.
inline constexpr std::string_view kCompletedPrefix = "completed/";
std::string completed_key(UnixMillis completed_ms, std::string_view upload_row_key);

// Table bucket_documents.
std::string bucket_document_key(std::uint64_t bucket, BucketDocument document);

// Counters. Older versions count, delete markers do not.
std::string bucket_bytes_key(std::uint64_t bucket);  // what the sizes of its objects add up to
std::string bucket_objects_key(std::uint64_t bucket);

}  // namespace objstore::model
