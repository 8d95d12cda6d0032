// What goes into and comes out of a Client's calls. Plain values without behaviour.
#pragma once

#include <objstore/error.h>
#include <objstore/names.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

namespace objstore::client {

// An object's full name.
struct ObjectName {
  BucketName bucket;
  ObjectKey key;
};

// Bytes on the way. Called from several threads, but never by two at once.
//   done: bytes of this transfer so far; it falls back when an attempt has to be repeated.
//   total: bytes of the whole, or nothing while that is unknown.
using Progress = std::function<void(std::uint64_t done, std::optional<std::uint64_t> total)>;

// Fills the span and says how many bytes it wrote; 0 is the end. Called from one thread at a time.
using ReadCallback = std::function<Result<std::size_t>(std::span<std::byte>)>;
// Takes all of the span. An error stops the transfer and is what the call returns.
using WriteCallback = std::function<Status(std::span<const std::byte>)>;

// How a call can be watched and stopped. A call that is stopped returns kCancelled within about 0.1 s, after it has
// taken back what is half done.
struct Control {
  Progress progress{};
  std::stop_token stop{};
};

struct PutOptions {
  std::string content_type{};   // empty: application/octet-stream
  std::string cache_control{};  // empty: none
  std::string content_encoding{};
  std::string content_disposition{};
  std::map<std::string, std::string> metadata{};  // x-amz-meta-*, names in lower case
  std::map<std::string, std::string> tags{};      // at most 10
  bool if_absent = false;                         // kPreconditionFailed when the object exists (If-None-Match: *)
  std::string if_match{};       // kPreconditionFailed unless the object has this ETag; empty: no condition
  std::uint64_t part_size = 0;  // of a multipart upload, as ClientOptions'; 0: as there
  // put_file: a file that remembers a multipart upload under way. When the call is stopped or loses the server, the
  // upload stays, and the same call goes on with it: parts that the server has, with the same bytes, are not sent
  // again. Gone when the object is there. Its directory must exist; one call uses it at a time, another starts anew.
  // Empty: an upload that fails is aborted.
  std::string resume_file{};
  Control control{};
};

struct PutResult {
  std::uint64_t size = 0;
  std::string etag{};         // with its quotes, as S3 gives it
  std::string checksum{};     // "CRC64NVME:<base64>" when the server confirmed one
  std::uint64_t resumed = 0;  // bytes that the server had from an earlier call
};

// First and last byte, both counted from 0 and inclusive; without `last`: to the end.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last{};
};

struct GetOptions {
  std::optional<ByteRange> range{};
  std::string if_match{};        // kPreconditionFailed unless the object has this ETag
  std::string if_none_match{};   // kNotModified when the object has this ETag
  std::string version_id{};      // empty: the current version
  bool sync = false;             // get_file: fsync before the file gets its name
  std::int64_t modified_ms = 0;  // get_file: the time of modification that the file gets; 0: when it was written
  // get_file: what has arrived when the call is stopped, killed or loses the server stays beside the target as
  // ".objstore-*.part", and the same call goes on from there if the object is still the same (its ETag).
  bool resume = false;
  Control control{};
};

struct ObjectInfo {
  std::uint64_t size = 0;  // of the body; of the range when one was asked for
  std::string etag{};      // with its quotes
  std::string content_type{};
  std::string cache_control{};
  std::string content_encoding{};
  std::string content_disposition{};
  std::string storage_class{};  // empty: STANDARD
  std::string version_id{};
  std::string checksum{};             // "CRC64NVME:<base64>"; "...-N" for one composed of N parts
  std::int64_t last_modified_ms = 0;  // since 1970-01-01T00:00:00Z
  std::map<std::string, std::string> metadata{};
  bool verified = false;      // get: the whole body matched the checksum that the server keeps
  std::uint64_t resumed = 0;  // get_file: bytes that were there from an earlier call
};

struct DeltaPutResult {
  PutResult put{};
  bool delta = false;                // false: the whole file was sent
  std::uint64_t sent_bytes = 0;      // as bodies, without HTTP's own
  std::uint64_t received_bytes = 0;  // of the base's signature
  std::string why_not{};             // why there was no delta, for a person
};

struct DeltaGetResult {
  ObjectInfo info{};
  bool delta = false;                // false: the whole object was fetched
  std::uint64_t received_bytes = 0;  // as bodies, the signature among them
  std::string why_not{};             // why there was no delta, for a person
};

struct BucketOptions {
  // Uploads cost the server no MD5, and the bucket's ETags are none (32 hexadecimal digits and "-0"). Of objd only;
  // another server takes no notice.
  bool opaque_etags = false;
};

struct BucketInfo {
  std::string name{};
  std::int64_t created_ms = 0;
};

struct ListOptions {
  std::string prefix{};
  std::string delimiter{};         // "/" for one level of a tree; empty: every key
  std::string start_after{};       // keys after this one only
  std::uint32_t page_size = 1000;  // 1-1000
  std::stop_token stop{};
};

struct ListEntry {
  std::string key{};
  std::uint64_t size = 0;
  std::string etag{};
  std::string storage_class{};
  std::int64_t last_modified_ms = 0;
};

struct ListPage {
  std::vector<ListEntry> objects{};     // in the byte order of their keys
  std::vector<std::string> prefixes{};  // with the delimiter at their end
};

struct VersionEntry {
  std::string key{};
  std::string version_id{};  // "null" for what was stored without versioning
  bool is_latest = false;
  bool is_delete_marker = false;
  std::uint64_t size = 0;
  std::string etag{};
  std::int64_t last_modified_ms = 0;
};

// Where a listing of versions or uploads goes on; empty: from the start.
struct ListMarker {
  std::string key{};
  std::string id{};  // of the version or upload
  bool empty() const noexcept { return key.empty() && id.empty(); }
};

struct VersionPage {
  std::vector<VersionEntry> versions{};  // by key, newest first
  ListMarker next{};                     // empty: the last page
};

struct UploadEntry {
  std::string key{};
  std::string upload_id{};
  std::int64_t initiated_ms = 0;
};

struct UploadPage {
  std::vector<UploadEntry> uploads{};
  ListMarker next{};  // empty: the last page
};

struct PartEntry {
  std::uint64_t number = 0;  // from 1
  std::uint64_t size = 0;
  std::string etag{};
  std::string checksum{};  // "CRC64NVME:<base64>"; empty where the server keeps none
};

// Whether a bucket keeps what is overwritten.
enum class Versioning : std::uint8_t { kOff, kEnabled, kSuspended };

// What can be set on a bucket as a document; JSON for the policy, XML for the others.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
enum class BucketDocument : std::uint8_t { kPolicy, kCors, kLifecycle };

struct RemoveFailure {
  ObjectKey key;
  Error error;
};

struct CopyOptions {
  std::string from_version{};  // empty: the current version
  // Absent: type and metadata are the source's. Present: these replace all of them.
  std::optional<PutOptions> replace{};
  Control control{};
};

struct PresignOptions {
  std::string method = "GET";            // GET, HEAD, PUT or DELETE
  std::uint32_t expires_seconds = 3600;  // 1-604800
};

}  // namespace objstore::client
