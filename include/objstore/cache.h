// Caches of pipelines: a set of files under a key, saved once and restored by that key or by the newest one that begins
// alike. The rules are those of GitHub's actions/cache.
//
//   CacheStore caches(client, bucket, "cache/");
//   auto found = caches.find("linux-" + hash, {"linux-"});
//   if (found && *found) caches.restore(**found, {.root = workspace});
//
// What lies in the store: one object per key, a tar archive in zstd frames (`zstd -d | tar x` reads it). The frames end
// where files begin, so that a later version of a tree shares most of its bytes with an earlier one in a store that
// deduplicates. Lifetime: the Client outlives a CacheStore. Threads: any, also at once; calls block.
// https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
#pragma once

#include <objstore/client.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace objstore::client {

enum class CacheMatch : std::uint8_t {
  kExact,    // the key itself: a hit
  kPrefix,   // a key that begins with the one asked for
  kRestore,  // a key that begins with one of the restore keys
};

struct FoundCache {
  std::string key{};  // as it was saved
  CacheMatch match = CacheMatch::kExact;
  std::string matched{};  // the key or restore key that it was found by
  std::uint64_t size = 0;
  std::string etag{};
  std::int64_t saved_ms = 0;  // since 1970-01-01T00:00:00Z
};

struct CacheSaveOptions {
  std::string root = ".";            // paths in the archive are relative to this directory
  std::vector<std::string> paths{};  // files and directories below root, absolute or relative to it
  bool stable_mtimes = false;        // every file gets the time 0: equal contents make equal archives
  int level = 3;                     // zstd, 1-19
  std::string spool_directory{};     // where the archive is kept meanwhile; empty: TMPDIR or /tmp
  // A key whose archive the server holds already: only what differs from it is sent, where the server can do that.
  std::string delta_base{};
  Control control{};
};

struct CacheSaveResult {
  bool saved = false;  // false: the key exists already, and was left as it is
  std::uint64_t files = 0;
  std::uint64_t tree_bytes = 0;     // of the files' contents
  std::uint64_t archive_bytes = 0;  // of the object
  std::uint64_t sent_bytes = 0;     // of the object's bytes, those that travelled
  std::uint64_t skipped = 0;        // sockets, pipes and devices, which no archive holds
};

struct CacheRestoreOptions {
  std::string root = ".";         // the directory to restore into; it must exist
  std::string spool_directory{};  // as above
  Control control{};
};

struct CacheRestoreResult {
  std::uint64_t files = 0;
  std::uint64_t tree_bytes = 0;
  std::uint64_t archive_bytes = 0;
};

class CacheStore {
 public:
  static constexpr std::size_t kKeyBytesMax = 512;
  // prefix: what the keys of the objects begin with, e.g. "cache/"; it is no part of a cache's key.
  CacheStore(Client& client, BucketName bucket, std::string prefix);

  // First the key itself; then the newest of the caches that begin with it; then, for one restore key after the other,
  // the newest of those that begin with that one. Nothing: a miss. kInvalidArgument for a key with a comma, control
  // characters, or more than kKeyBytesMax bytes.
  Result<std::optional<FoundCache>> find(const std::string& key, const std::vector<std::string>& restore_keys,
                                         std::stop_token stop = {});

  // The cache appears as a whole or not at all, and a key that exists stays what it is. kNotFound for a path that is
  // not there, kInvalidArgument for one outside of root.
  Result<CacheSaveResult> save(const std::string& key, const CacheSaveOptions& options);

  // Fetches, verifies, and only then unpacks. What the archive names is replaced, everything else stays. Never touches
  // anything outside of root: an archive that tries to (absolute paths, "..", a path through a link) is refused with
  // kMalformed. kConflict when the cache was replaced since it was found.
  Result<CacheRestoreResult> restore(const FoundCache& cache, const CacheRestoreOptions& options);

 private:
  Result<ObjectName> object_of(const std::string& key) const;
  Result<std::uint64_t> store(const ObjectName& object, const std::string& file, const PutOptions& options,
                              const std::string& delta_base);

  Client& client_;
  const BucketName bucket_;
  const std::string prefix_;
};

}  // namespace objstore::client
