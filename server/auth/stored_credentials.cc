#include "server/auth/stored_credentials.h"

#include <mutex>
#include <shared_mutex>

#include "server/auth/principal_state.h"

namespace objstore::auth {

struct StoredCredentials::Impl {
  Impl(Commit c, const Clock& k, SecretBox b, PrincipalState s)
      : commit(std::move(c)), clock(k), box(std::move(b)), state(std::move(s)) {}

  Commit commit;
  const Clock& clock;
  SecretBox box;

  std::mutex change_mutex;  // held by a change from its first look to its last word; before state_mutex
  mutable std::shared_mutex state_mutex;
  PrincipalState state;  // written under both, read under either

  Result<std::size_t> replace(PrincipalState next) {
    auto batch = difference(state, next);
    const auto rows = batch.writes().size();
    if (rows > 0) OBJSTORE_TRY(commit(std::move(batch)));
    const std::unique_lock lock(state_mutex);
    state = std::move(next);
    return rows;
  }

  bool is_active(const KeyRow& key, const UserRow& user) const {
    const auto account = state.accounts.find(key.account_id);
    return !key.disabled && !user.disabled && account != state.accounts.end() && !account->second.disabled;
  }

  std::optional<Credential> find(std::string_view access_key) const {
    const auto key = state.keys.find(access_key);
    if (key == state.keys.end()) return std::nullopt;
    const auto& row = key->second.row;
    const auto user = state.users.find(row_key(UserRow{.account_id = row.account_id, .id = row.user_id}));
    if (user == state.users.end()) return std::nullopt;
    return Credential{.principal = {.anonymous = false,
                                    .root = user->second.root,
                                    .account_id = row.account_id,
                                    .user_id = row.user_id,
                                    .display_name = user->second.display_name,
                                    .access_key = row.access_key},
                      .secret = key->second.secret,
                      .active = is_active(row, user->second)};
  }
};

StoredCredentials::StoredCredentials(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoredCredentials::~StoredCredentials() = default;

Result<std::unique_ptr<StoredCredentials>> StoredCredentials::open(const storage::MetadataReader& metadata,
                                                                   Commit commit, const Clock& clock, SecretBox box) {
  OBJSTORE_ASSIGN(auto state, load_principals(metadata, box));
  auto impl = std::make_unique<Impl>(std::move(commit), clock, std::move(box), std::move(state));
  return std::unique_ptr<StoredCredentials>(new StoredCredentials(std::move(impl)));
}

std::optional<Credential> StoredCredentials::find(std::string_view access_key) const {
  const std::shared_lock lock(impl_->state_mutex);
  return impl_->find(access_key);
}

std::optional<Account> StoredCredentials::find_account(std::string_view account_id) const {
  const std::shared_lock lock(impl_->state_mutex);
  const auto found = impl_->state.accounts.find(account_id);
  if (found == impl_->state.accounts.end()) return std::nullopt;
  const auto& row = found->second;
  return Account{.id = row.id, .owner_id = row.owner_id, .display_name = row.display_name};
}

std::optional<AccessKey> StoredCredentials::root_key() const {
  const std::shared_lock lock(impl_->state_mutex);
  for (const auto& [id, key] : impl_->state.keys)
    if (key.row.account_id == kRootAccountId && !key.row.disabled) return AccessKey{.id = id, .secret = key.secret};
  return std::nullopt;
}

Status StoredCredentials::set_root_key(const AccessKey& key) {
  OBJSTORE_TRY(check_access_key(key));
  const std::lock_guard change(impl_->change_mutex);
  OBJSTORE_ASSIGN(auto next, with_root_key(impl_->state, key, impl_->box, impl_->clock.now_ms()));
  OBJSTORE_TRY(impl_->replace(std::move(next)));
  return {};
}

Result<StoredCredentials::Changes> StoredCredentials::apply(const Bootstrap& file) {
  const std::lock_guard change(impl_->change_mutex);
  OBJSTORE_ASSIGN(auto next, declare(impl_->state, file, impl_->box, impl_->clock.now_ms()));
  Changes changes;
  OBJSTORE_ASSIGN(changes.rows_written, impl_->replace(std::move(next)));
  for (const auto& [id, key] : impl_->state.keys)
    if (const auto found = impl_->find(id); found && found->active) ++changes.keys_active;
  return changes;
}

}  // namespace objstore::auth
