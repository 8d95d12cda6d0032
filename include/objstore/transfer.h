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
  bool if_absent = false;                         // kPreconditionFailed when the object exists (If-None-Match: *)
  std::string if_match{};       // kPreconditionFailed unless the object has this ETag; empty: no condition
  std::uint64_t part_size = 0;  // of a multipart upload, as ClientOptions'; 0: as there
  Control control{};
};

struct PutResult {
  std::uint64_t size = 0;
  std::string etag{};      // with its quotes, as S3 gives it
  std::string checksum{};  // "CRC64NVME:<base64>" when the server confirmed one
};

// First and last byte, both counted from 0 and inclusive; without `last`: to the end.
struct ByteRange {
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last{};
};

struct GetOptions {
  std::optional<ByteRange> range{};
  std::string if_match{};       // kPreconditionFailed unless the object has this ETag
  std::string if_none_match{};  // kNotModified when the object has this ETag
  bool sync = false;            // get_file: fsync before the file gets its name
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
  bool verified = false;  // get: the whole body matched the checksum that the server keeps
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

struct RemoveFailure {
  ObjectKey key;
  Error error;
};

struct CopyOptions {
  // Absent: type and metadata are the source's. Present: these replace all of them.
  std::optional<PutOptions> replace{};
  Control control{};
};

struct PresignOptions {
  std::string method = "GET";            // GET, HEAD, PUT or DELETE
  std::uint32_t expires_seconds = 3600;  // 1-604800
};

}  // namespace objstore::client
