#include "server/auth/policy_cache.h"

namespace objstore::auth {

std::shared_ptr<const PolicyDocument> PolicyCache::get(std::uint64_t bucket_id, const BucketName& bucket,
                                                       std::string_view text) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(bucket_id);
    if (found != entries_.end() && found->second.text == text) return found->second.policy;
  }
  auto parsed = parse_bucket_policy(text, bucket);
  auto policy = std::make_shared<const PolicyDocument>(parsed ? std::move(*parsed) : deny_all_policy());
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kEntriesMax && !entries_.contains(bucket_id)) entries_.erase(entries_.begin());
  entries_.insert_or_assign(bucket_id, Entry{std::string(text), policy});
  return policy;
}

}  // namespace objstore::auth
