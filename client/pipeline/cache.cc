#include <objstore/cache.h>

#include <utility>

#include "client/pipeline/archive_order.h"
#include "client/pipeline/archive_read.h"
#include "client/pipeline/archive_write.h"
#include "client/pipeline/cache_match.h"
#include "client/pipeline/spool_file.h"
#include "client/pipeline/tree_extractor.h"
#include "client/pipeline/tree_scan.h"

namespace objstore::client {
namespace {

// A part's border cuts a chunk where nothing else would: few parts, few such chunks.
constexpr std::uint64_t kArchivePartBytes = std::uint64_t{64} << 20;

StoredCache as_stored(std::string key, const ListEntry& entry) {
  return {.key = std::move(key), .size = entry.size, .etag = entry.etag, .saved_ms = entry.last_modified_ms};
}

}  // namespace

CacheStore::CacheStore(Client& client, BucketName bucket, std::string prefix)
    : client_(client), bucket_(std::move(bucket)), prefix_(std::move(prefix)) {}

Result<ObjectName> CacheStore::object_of(const std::string& key) const {
  OBJSTORE_ASSIGN(ObjectKey object, ObjectKey::parse(prefix_ + key));
  return ObjectName{bucket_, std::move(object)};
}

Result<std::optional<FoundCache>> CacheStore::find(const std::string& key, const std::vector<std::string>& restore_keys,
                                                   std::stop_token stop) {
  const CacheIndex index{
      .exact = [&](const std::string& wanted) -> Result<std::optional<StoredCache>> {
        OBJSTORE_ASSIGN(const ObjectName object, object_of(wanted));
        auto info = client_.head(object, {.control = {.stop = stop}});
        if (!info && (info.error().code == Errc::kNoSuchKey || info.error().code == Errc::kNotFound)) {
          return std::optional<StoredCache>();
        }
        if (!info) return std::unexpected(std::move(info.error()));
        return StoredCache{.key = wanted, .size = info->size, .etag = info->etag, .saved_ms = info->last_modified_ms};
      },
      .below = [&](const std::string& prefix, const std::function<void(const StoredCache&)>& visit) -> Status {
        ListPager pager = client_.list(bucket_, {.prefix = prefix_ + prefix, .stop = stop});
        while (true) {
          OBJSTORE_ASSIGN(const auto page, pager.next());
          if (!page) return {};
          for (const auto& entry : page->objects) visit(as_stored(entry.key.substr(prefix_.size()), entry));
        }
      }};
  return match_cache(index, key, restore_keys);
}

Result<CacheSaveResult> CacheStore::save(const std::string& key, const CacheSaveOptions& options) {
  OBJSTORE_TRY(check_cache_key(key));
  if (options.level < 1 || options.level > 19) return fail(Errc::kInvalidArgument, "the level is not within 1 and 19");
  if (options.paths.empty()) return fail(Errc::kInvalidArgument, "no paths to save");
  OBJSTORE_ASSIGN(const ObjectName object, object_of(key));
  const auto& stop = options.control.stop;
  CacheSaveResult result;
  // Asked first, since packing is most of the work; the condition of the upload decides.
  const auto there = client_.head(object, {.control = {.stop = stop}});
  if (there) return result;
  if (there.error().code != Errc::kNoSuchKey) return std::unexpected(there.error());

  OBJSTORE_ASSIGN(ScannedTree tree, scan_tree(options.root, options.paths, stop));
  sort_for_archive(tree.entries);
  result.skipped = tree.skipped;
  for (const ScannedEntry& entry : tree.entries) {
    if (entry.kind != EntryKind::kDirectory) ++result.files;
    result.tree_bytes += entry.size;
  }
  OBJSTORE_ASSIGN(const auto spool, SpoolFile::create(options.spool_directory));
  const ArchiveOptions archive{.root = options.root, .stable_mtimes = options.stable_mtimes, .level = options.level};
  OBJSTORE_TRY(write_archive(tree.entries, archive, [&](ByteView bytes) { return spool->append(bytes); }, stop));
  result.archive_bytes = spool->size();
  result.sent_bytes = spool->size();
  const PutOptions put{.content_type = "application/zstd",
                       .if_absent = true,
                       .part_size = kArchivePartBytes,
                       .control = options.control};
  const auto stored = store(object, spool->path(), put, options.delta_base);
  if (stored) {
    result.saved = true;
    result.sent_bytes = *stored;
  }
  // Somebody was faster: their cache stays.
  if (!stored && stored.error().code != Errc::kPreconditionFailed) return std::unexpected(stored.error());
  return result;
}

// The bytes that were sent.
Result<std::uint64_t> CacheStore::store(const ObjectName& object, const std::string& file, const PutOptions& options,
                                        const std::string& delta_base) {
  if (delta_base.empty()) {
    OBJSTORE_ASSIGN(const PutResult put, client_.put_file(object, file, options));
    return put.size;
  }
  OBJSTORE_ASSIGN(const ObjectName base, object_of(delta_base));
  OBJSTORE_ASSIGN(const DeltaPutResult put, client_.put_file_delta(object, file, base, options));
  return put.sent_bytes;
}

Result<CacheRestoreResult> CacheStore::restore(const FoundCache& cache, const CacheRestoreOptions& options) {
  OBJSTORE_ASSIGN(const ObjectName object, object_of(cache.key));
  OBJSTORE_ASSIGN(const auto extractor, TreeExtractor::open(options.root));
  OBJSTORE_ASSIGN(const auto spool, SpoolFile::create(options.spool_directory));
  const GetOptions get{.if_match = cache.etag, .control = options.control};
  const auto got = client_.get(object, [&](ByteView bytes) { return spool->append(bytes); }, get);
  if (!got && got.error().code == Errc::kPreconditionFailed) {
    return fail(Errc::kConflict, "the cache was replaced while it was looked up");
  }
  if (!got) return std::unexpected(got.error());
  OBJSTORE_TRY(spool->rewind());
  OBJSTORE_ASSIGN(const Unpacked unpacked, read_archive(spool->descriptor(), *extractor, options.control.stop));
  return CacheRestoreResult{.files = unpacked.files, .tree_bytes = unpacked.bytes, .archive_bytes = spool->size()};
}

}  // namespace objstore::client
