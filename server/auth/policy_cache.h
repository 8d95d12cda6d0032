// Bucket policies as they were parsed last. Whoever asks brings the text as it is stored now, so that what comes back
// is never older than that. Any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/auth/policy_document.h"

namespace objstore::auth {

class PolicyCache {
 public:
  static constexpr std::size_t kEntriesMax = 1024;

  // A text that does not parse gives the policy that denies everything: a build that does not understand a stored
  // policy must not act as if there were none.
  std::shared_ptr<const PolicyDocument> get(std::uint64_t bucket_id, const BucketName& bucket, std::string_view text);

 private:
  struct Entry {
    std::string text;
    std::shared_ptr<const PolicyDocument> policy;  // shared with requests that are under way
  };
  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Entry> entries_;  // guarded by mutex_
};

}  // namespace objstore::auth
