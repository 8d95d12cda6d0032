// Which cache answers to a key: the rules of actions/cache, apart from where the caches are. Pure; any thread.
//
// GitHub's order: the key exactly; what begins with the key; then each restore key in turn, by what begins with it.
// Among several the one that was created last, whatever its name.
// https://docs.github.com/en/actions/reference/workflows-and-actions/dependency-caching
#pragma once

#include <objstore/cache.h>

#include <functional>

namespace objstore::client {

// kInvalidArgument with the rule that the key breaks.
Status check_cache_key(const std::string& key);

struct StoredCache {
  std::string key{};
  std::uint64_t size = 0;
  std::string etag{};
  std::int64_t saved_ms = 0;
};

// Where the caches are.
struct CacheIndex {
  std::function<Result<std::optional<StoredCache>>(const std::string& key)> exact;
  // Calls `visit` for each cache whose key begins with `prefix`, in any order.
  std::function<Status(const std::string& prefix, const std::function<void(const StoredCache&)>& visit)> below;
};

Result<std::optional<FoundCache>> match_cache(const CacheIndex& index, const std::string& key,
                                              const std::vector<std::string>& restore_keys);

}  // namespace objstore::client
