// One tree made like another: directory to prefix, prefix to directory, prefix to prefix.
//
//   auto report = objstore::client::sync(client, Directory{"public"}, Prefix{bucket, "site/"}, {.remove_extra = true});
//
// Works on both trees at once, entry by entry, so that memory does not grow with their size (but for the names that are
// to be removed). Blocks; any thread. A call that is stopped returns kCancelled; each file is then the old one or the
// new one.
#pragma once

#include <objstore/client.h>
#include <objstore/tree.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace objstore::client {

enum class Compare : std::uint8_t {
  kAlways,       // copies everything; the target is not listed
  kSizeAndTime,  // another size, or a source that was modified later (for a directory as target: at another time)
  kSize,         // another size
  kChecksum,     // another size or other bytes; reads the files, and asks the server for each object's checksum
};

enum class SyncAction : std::uint8_t { kCopy, kRemove, kRemoveSource };

// What was done, or would be with `dry_run`, or what failed.
struct SyncEvent {
  SyncAction action = SyncAction::kCopy;
  std::string path{};    // relative
  std::string source{};  // a file's path or "bucket/key"; empty for kRemove
  std::string target{};
  std::uint64_t size = 0;
  std::string etag{};      // of the object that was made or read
  std::string checksum{};  // "CRC64NVME:<base64>" when there is one
  bool verified = false;   // a download that matched its checksum
  std::optional<Error> error{};
};

// Watches a sync. Called from several threads, never by two at once.
class SyncObserver {
 public:
  virtual ~SyncObserver() = default;
  // One more file will be copied.
  virtual void planned(std::uint64_t /*size*/) {}
  // Both trees have been read: what was planned is all there will be.
  virtual void all_planned() {}
  // Bytes of one file so far; falls back when an attempt is repeated.
  virtual void moved(std::string_view /*path*/, std::uint64_t /*done*/, std::uint64_t /*size*/) {}
  virtual void event(const SyncEvent& /*event*/) {}
};

struct SyncOptions {
  Compare compare = Compare::kSizeAndTime;
  PathFilter filter{};
  bool remove_extra = false;   // what only the target has; only when nothing before has failed
  bool remove_source = false;  // each one when it has been copied: a move
  bool dry_run = false;
  // Files that are replaced travel by what differs, where the server is an objd; see Client::put_file_delta() and
  // get_file_delta(). Costs a request for each file of at least 1 MiB.
  bool delta = false;
  unsigned files_at_once = 16;  // 1-256
  // For uploads and copies. Without a content type it is guessed by the name (uploads) or kept (copies). Control and
  // resume_file are ignored.
  PutOptions put{};
  // For uploads: the resume file of one (see PutOptions::resume_file); an empty function or name: none.
  std::function<std::string(const std::string& file, const ObjectName& to)> resume_file_for{};
  // For downloads. Range, conditions, time and control are ignored.
  GetOptions get{};
  bool keep_times = true;  // downloads: files get the objects' times, by which kSizeAndTime knows them again
  SyncObserver* observer = nullptr;
  std::stop_token stop{};
};

struct SyncReport {
  std::uint64_t found = 0;   // entries of the source that the filter takes
  std::uint64_t copied = 0;  // with dry_run: would be
  std::uint64_t bytes = 0;
  std::uint64_t removed = 0;
  std::uint64_t failed = 0;
  std::uint64_t passed_over = 0;  // symbolic links, devices
};

// An error is of a tree that cannot be read, or kCancelled; what concerns one file is an event and is counted.
// kNoSuchKey when nothing starts with the source's prefix; kNotFound when the source directory holds nothing and
// remove_extra would empty the target.
// kInvalidArgument when the target is inside the source and the copy would copy itself; with a filter that includes
// only some, what lies in the target is passed over instead.
Result<SyncReport> sync(Client& client, const Place& from, const Place& to, const SyncOptions& options);

// A copy on the server that keeps of the source what `changes` does not state: type, headers, metadata. With a
// condition or a change it costs one request more.
Result<PutResult> copy_with(Client& client, const ObjectName& from, const ObjectName& to, const PutOptions& changes,
                            const Control& control);

enum class Difference : std::uint8_t { kOnlyFirst, kOnlySecond, kDiffers };
// Compares two trees (not with kAlways). The callback is called in the order of the paths; its error ends the call.
Status diff(Client& client, const Place& first, const Place& second, const SyncOptions& options,
            const std::function<Status(const std::string& path, Difference difference)>& report);

}  // namespace objstore::client
