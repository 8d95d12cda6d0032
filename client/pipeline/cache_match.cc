#include "client/pipeline/cache_match.h"

#include <algorithm>
#include <utility>

namespace objstore::client {
namespace {

// The newest below a prefix; of those saved in the same millisecond the one whose key is last in byte order, so that
// the answer does not depend on the order of the listing.
Result<std::optional<StoredCache>> newest_below(const CacheIndex& index, const std::string& prefix) {
  std::optional<StoredCache> best;
  OBJSTORE_TRY(index.below(prefix, [&](const StoredCache& cache) {
    const auto rank = [](const StoredCache& c) { return std::pair(c.saved_ms, std::string_view(c.key)); };
    if (!best || rank(cache) > rank(*best)) best = cache;
  }));
  return best;
}

FoundCache found(StoredCache cache, CacheMatch match, const std::string& matched) {
  return {.key = std::move(cache.key),
          .match = match,
          .matched = matched,
          .size = cache.size,
          .etag = std::move(cache.etag),
          .saved_ms = cache.saved_ms};
}

}  // namespace

Status check_cache_key(const std::string& key) {
  if (key.empty()) return fail(Errc::kInvalidArgument, "a cache's key is empty");
  if (key.size() > CacheStore::kKeyBytesMax) {
    return fail(Errc::kInvalidArgument, "a cache's key has at most 512 bytes");
  }
  if (key.contains(',')) return fail(Errc::kInvalidArgument, "a cache's key has no comma");
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(key, is_control)) {
    return fail(Errc::kInvalidArgument, "a cache's key has no control characters");
  }
  return {};
}

Result<std::optional<FoundCache>> match_cache(const CacheIndex& index, const std::string& key,
                                              const std::vector<std::string>& restore_keys) {
  OBJSTORE_TRY(check_cache_key(key));
  for (const auto& restore_key : restore_keys) OBJSTORE_TRY(check_cache_key(restore_key));
  OBJSTORE_ASSIGN(auto exact, index.exact(key));
  if (exact) return found(std::move(*exact), CacheMatch::kExact, key);
  OBJSTORE_ASSIGN(auto alike, newest_below(index, key));
  if (alike) return found(std::move(*alike), CacheMatch::kPrefix, key);
  for (const auto& restore_key : restore_keys) {
    OBJSTORE_ASSIGN(auto restored, newest_below(index, restore_key));
    if (restored) return found(std::move(*restored), CacheMatch::kRestore, restore_key);
  }
  return std::optional<FoundCache>();
}

}  // namespace objstore::client
