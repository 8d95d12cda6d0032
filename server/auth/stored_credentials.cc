#include "server/auth/stored_credentials.h"

#include <map>
#include <mutex>
#include <shared_mutex>

#include "server/auth/policy_document.h"
#include "server/auth/principal_state.h"

namespace objstore::auth {
namespace {

using PoliciesByUser = std::map<std::string, std::shared_ptr<const IdentityPolicies>>;

// A policy that this build cannot read is no reason to let its user do everything: kCorrupt.
Result<PoliciesByUser> parse_policies(const PrincipalState& state) {
  PoliciesByUser out;
  for (const auto& [key, user] : state.users) {
    if (user.policies.empty()) continue;
    IdentityPolicies parsed;
    for (const auto& text : user.policies) {
      auto policy = parse_identity_policy(text);
      if (!policy) return fail(Errc::kCorrupt, "user \"" + user.id + "\": " + policy.error().message);
      parsed.push_back(std::move(*policy));
    }
    out.emplace(key, std::make_shared<const IdentityPolicies>(std::move(parsed)));
  }
  return out;
}

}  // namespace

struct StoredCredentials::Impl {
  Impl(Commit c, const Clock& k, SecretBox b, PrincipalState s)
      : commit(std::move(c)), clock(k), box(std::move(b)), state(std::move(s)) {}

  Commit commit;
  const Clock& clock;
  SecretBox box;

  std::mutex change_mutex;  // held by a change from its first look to its last word; before state_mutex
  mutable std::shared_mutex state_mutex;
  PrincipalState state;  // written under both, read under either
  // Of the users that have some, by row key; goes with `state`.
  PoliciesByUser policies;

  Result<std::size_t> replace(PrincipalState next) {
    OBJSTORE_ASSIGN(auto parsed, parse_policies(next));
    auto batch = difference(state, next);
    const auto rows = batch.writes().size();
    if (rows > 0) OBJSTORE_TRY(commit(std::move(batch)));
    const std::unique_lock lock(state_mutex);
    state = std::move(next);
    policies = std::move(parsed);
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
    const auto account = state.accounts.find(row.account_id);
    const auto limited = policies.find(user->first);
    const bool owns = account != state.accounts.end() && account->second.owner_id == row.user_id;
    return Credential{.principal = {.anonymous = false,
                                    .root = user->second.root,
                                    .account_owner = owns && limited == policies.end(),
                                    .account_id = row.account_id,
                                    .user_id = row.user_id,
                                    .display_name = user->second.display_name,
                                    .access_key = row.access_key,
                                    .policies = limited == policies.end() ? nullptr : limited->second},
                      .secret = key->second.secret,
                      .active = is_active(row, user->second)};
  }
};

StoredCredentials::StoredCredentials(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StoredCredentials::~StoredCredentials() = default;

Result<std::unique_ptr<StoredCredentials>> StoredCredentials::open(const storage::MetadataReader& metadata,
                                                                   Commit commit, const Clock& clock, SecretBox box) {
  OBJSTORE_ASSIGN(auto state, load_principals(metadata, box));
  OBJSTORE_ASSIGN(auto policies, parse_policies(state));
  auto impl = std::make_unique<Impl>(std::move(commit), clock, std::move(box), std::move(state));
  impl->policies = std::move(policies);
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
