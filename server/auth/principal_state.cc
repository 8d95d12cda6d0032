#include "server/auth/principal_state.h"

#include <array>

#include "common/base/digest.h"

namespace objstore::auth {
namespace {

using storage::Table;

template <typename Visit>
Status scan_prefix(const storage::MetadataReader& metadata, std::string_view prefix, Visit&& visit) {
  const auto cursor = metadata.scan(Table::kPrincipals, prefix);
  for (; cursor->valid(); cursor->next()) OBJSTORE_TRY(visit(cursor->key(), cursor->value()));
  return cursor->status();
}

// Keeps the sealed form of a secret that has not changed: else every start would rewrite every row.
void set_key(PrincipalState& state, KeyRow row, const std::string& secret, const SecretBox& box) {
  auto& key = state.keys[row.access_key];
  row.sealed_secret =
      key.secret == secret && !key.row.sealed_secret.empty() ? key.row.sealed_secret : box.seal(secret, row.access_key);
  if (key.row.created_ms != 0) row.created_ms = key.row.created_ms;
  key.row = std::move(row);
  key.secret = secret;
}

void disable_declared(PrincipalState& state) {
  for (auto& [id, account] : state.accounts) account.disabled = account.disabled || account.declared;
  for (auto& [id, user] : state.users) user.disabled = user.disabled || user.declared;
  for (auto& [id, key] : state.keys) key.row.disabled = key.row.disabled || key.row.declared;
}

bool is_root_key(const PrincipalState& state, std::string_view access_key) {
  const auto found = state.keys.find(access_key);
  return found != state.keys.end() && found->second.row.account_id == kRootAccountId && !found->second.row.disabled;
}

std::string random_user_id() {
  std::array<std::byte, 32> bytes;
  fill_random(bytes);
  return to_hex(bytes);  // the shape of AWS's canonical user ids
}

template <typename Map, typename RowOf>
void put_changes(storage::Batch& batch, const Map& from, const Map& to, RowOf row_of) {
  for (const auto& [id, entry] : to) {
    const auto before = from.find(id);
    const auto& row = row_of(entry);
    if (before == from.end() || row_of(before->second) != row) batch.put(Table::kPrincipals, row_key(row), encode(row));
  }
  for (const auto& [id, entry] : from)
    if (!to.contains(id)) batch.erase(Table::kPrincipals, row_key(row_of(entry)));
}

}  // namespace

Result<PrincipalState> load_principals(const storage::MetadataReader& metadata, const SecretBox& box) {
  PrincipalState state;
  OBJSTORE_TRY(scan_prefix(metadata, kAccountPrefix, [&](std::string_view key, std::string_view value) -> Status {
    OBJSTORE_ASSIGN(auto row, decode_account(key, value));
    auto id = row.id;
    state.accounts.emplace(std::move(id), std::move(row));
    return {};
  }));
  OBJSTORE_TRY(scan_prefix(metadata, kUserPrefix, [&](std::string_view key, std::string_view value) -> Status {
    OBJSTORE_ASSIGN(auto row, decode_user(key, value));
    state.users.emplace(std::string(key), std::move(row));
    return {};
  }));
  OBJSTORE_TRY(scan_prefix(metadata, kKeyPrefix, [&](std::string_view key, std::string_view value) -> Status {
    OBJSTORE_ASSIGN(auto row, decode_key(key, value));
    OBJSTORE_ASSIGN(auto secret, box.open(row.sealed_secret, row.access_key));
    auto id = row.access_key;
    state.keys.emplace(std::move(id), PrincipalState::Key{.row = std::move(row), .secret = std::move(secret)});
    return {};
  }));
  return state;
}

Result<bool> has_secrets(const storage::MetadataReader& metadata) {
  const auto cursor = metadata.scan(Table::kPrincipals, kKeyPrefix);
  OBJSTORE_TRY(cursor->status());
  return cursor->valid();
}

Result<PrincipalState> declare(const PrincipalState& state, const Bootstrap& file, const SecretBox& box,
                               UnixMillis now) {
  PrincipalState next = state;
  disable_declared(next);
  for (const auto& account : file.accounts) {
    if (account.id == kRootAccountId)
      return fail(Errc::kInvalidArgument, "account \"" + account.id + "\" is the root account and cannot be declared");
    next.accounts[account.id] = {
        .id = account.id, .owner_id = account.owner_id, .display_name = account.display_name, .declared = true};
    for (const auto& user : account.users) {
      const UserRow row{.account_id = account.id,
                        .id = user.id,
                        .display_name = user.display_name,
                        .email = user.email,
                        .policies = user.policies,
                        .declared = true};
      next.users[row_key(row)] = row;
      for (const auto& key : user.keys) {
        if (is_root_key(state, key.id))
          return fail(Errc::kInvalidArgument, "access key \"" + key.id + "\" is the root key and cannot be declared");
        set_key(
            next,
            {.access_key = key.id, .account_id = account.id, .user_id = user.id, .declared = true, .created_ms = now},
            key.secret, box);
      }
    }
  }
  return next;
}

Result<PrincipalState> with_root_key(const PrincipalState& state, const AccessKey& key, const SecretBox& box,
                                     UnixMillis now) {
  const auto taken = state.keys.find(key.id);
  if (taken != state.keys.end() && taken->second.row.account_id != kRootAccountId)
    return fail(Errc::kInvalidArgument, "access key \"" + key.id + "\" belongs to a declared user");
  PrincipalState next = state;
  auto& account = next.accounts[std::string(kRootAccountId)];
  if (account.id.empty())
    account = {.id = std::string(kRootAccountId), .owner_id = random_user_id(), .display_name = "root"};
  const UserRow user{
      .account_id = account.id, .id = account.owner_id, .display_name = account.display_name, .root = true};
  next.users[row_key(user)] = user;
  // Gone, not disabled: a secret that was rotated out has no business in the store.
  std::erase_if(next.keys, [&](const auto& entry) {
    return entry.second.row.account_id == kRootAccountId && entry.first != key.id;
  });
  set_key(next, {.access_key = key.id, .account_id = account.id, .user_id = user.id, .created_ms = now}, key.secret,
          box);
  return next;
}

storage::Batch difference(const PrincipalState& from, const PrincipalState& to) {
  storage::Batch batch;
  const auto itself = [](const auto& row) -> const auto& { return row; };
  put_changes(batch, from.accounts, to.accounts, itself);
  put_changes(batch, from.users, to.users, itself);
  put_changes(batch, from.keys, to.keys, [](const PrincipalState::Key& key) -> const KeyRow& { return key.row; });
  return batch;
}

}  // namespace objstore::auth
