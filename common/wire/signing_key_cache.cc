#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "common/base/check.h"
#include "common/wire/sigv4.h"

namespace objstore::wire {

struct SigningKeyCache::Impl {
  struct Entry {
    std::string id;
    Sha256 key;
  };
  std::size_t entries_max = 0;
  std::mutex mutex;
  std::list<Entry> entries;                                           // guarded by mutex; most recently used first
  std::unordered_map<std::string, std::list<Entry>::iterator> index;  // guarded by mutex
};

SigningKeyCache::SigningKeyCache(std::size_t entries_max) : impl_(std::make_unique<Impl>()) {
  CHECK(entries_max > 0);
  impl_->entries_max = entries_max;
}

SigningKeyCache::~SigningKeyCache() = default;

Sha256 SigningKeyCache::get(std::string_view secret, const CredentialScope& scope) {
  // The scope's length stands before it, so that no two pairs give the same text.
  const std::string where = scope.str();
  const Sha256 digest = sha256(as_bytes(std::to_string(where.size()) + ":" + where + std::string(secret)));
  const std::string id(as_text(digest));
  {
    std::lock_guard lock(impl_->mutex);
    if (const auto found = impl_->index.find(id); found != impl_->index.end()) {
      impl_->entries.splice(impl_->entries.begin(), impl_->entries, found->second);
      return found->second->key;
    }
  }
  const Sha256 key = derive_signing_key(secret, scope);  // outside the lock; two threads may do it twice
  std::lock_guard lock(impl_->mutex);
  if (impl_->index.contains(id)) return key;
  if (impl_->entries.size() == impl_->entries_max) {
    impl_->index.erase(impl_->entries.back().id);
    impl_->entries.pop_back();
  }
  impl_->entries.push_front({id, key});
  impl_->index.emplace(id, impl_->entries.begin());
  return key;
}

}  // namespace objstore::wire
