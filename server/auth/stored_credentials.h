// The credential store over table kPrincipals: everything in memory, changes written through.
//
// Any thread. Look-ups share a lock and touch no disk; a change is durable before it is seen, and seen by every look-up
// that begins after it returned. What is handed in outlives the store.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "common/base/clock.h"
#include "server/auth/bootstrap.h"
#include "server/auth/credential_store.h"
#include "server/auth/root_key.h"
#include "server/auth/secret_box.h"
#include "server/storage/metadata_store.h"

namespace objstore::auth {

class StoredCredentials final : public CredentialStore {
 public:
  // Makes a batch durable before it returns: by the committer, or by the metadata store when nothing else writes.
  using Commit = std::function<Status(storage::Batch)>;

  // kCorrupt, kIo; kCorrupt also when `box` has another key than what the secrets were sealed with.
  static Result<std::unique_ptr<StoredCredentials>> open(const storage::MetadataReader& metadata, Commit commit,
                                                         const Clock& clock, SecretBox box);
  ~StoredCredentials() override;

  std::optional<Credential> find(std::string_view access_key) const override;
  std::optional<Account> find_account(std::string_view account_id) const override;

  // Nothing before the first set_root_key().
  std::optional<AccessKey> root_key() const;
  // Makes `key` the root user's only key; the old one is refused from then on. kInvalidArgument when a declared user
  // has this access key; the errors of the commit.
  Status set_root_key(const AccessKey& key);

  struct Changes {
    std::size_t rows_written = 0;
    std::size_t keys_active = 0;
  };
  // kInvalidArgument when the file claims what is the root's; then nothing of it is applied.
  Result<Changes> apply(const Bootstrap& file);

 private:
  struct Impl;
  explicit StoredCredentials(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::auth
