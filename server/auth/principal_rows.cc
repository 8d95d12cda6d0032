#include "server/auth/principal_rows.h"

#include "auth_records.pb.h"

namespace objstore::auth {
namespace {

constexpr char kSeparator = '\0';  // no account id contains it

template <typename Record>
Result<Record> parse(std::string_view kind, std::string_view value) {
  Record record;
  if (!record.ParseFromArray(value.data(), static_cast<int>(value.size())))
    return fail(Errc::kCorrupt, "a stored " + std::string(kind) + " cannot be read");
  return record;
}

Result<std::string_view> name_in(std::string_view prefix, std::string_view key) {
  if (!key.starts_with(prefix) || key.size() == prefix.size())
    return fail(Errc::kCorrupt, "the table of principals has a key of unknown shape");
  return key.substr(prefix.size());
}

}  // namespace

std::string row_key(const AccountRow& row) {
  return std::string(kAccountPrefix) + row.id;
}

std::string row_key(const UserRow& row) {
  std::string key(kUserPrefix);
  key += row.account_id;
  key += kSeparator;
  key += row.id;
  return key;
}

std::string row_key(const KeyRow& row) {
  return std::string(kKeyPrefix) + row.access_key;
}

std::string encode(const AccountRow& row) {
  records::Account record;
  record.set_owner_id(row.owner_id);
  record.set_display_name(row.display_name);
  record.set_disabled(row.disabled);
  record.set_declared(row.declared);
  return record.SerializeAsString();
}

std::string encode(const UserRow& row) {
  records::User record;
  record.set_display_name(row.display_name);
  record.set_email(row.email);
  for (const auto& policy : row.policies) record.add_policies(policy);
  record.set_root(row.root);
  record.set_disabled(row.disabled);
  record.set_declared(row.declared);
  return record.SerializeAsString();
}

std::string encode(const KeyRow& row) {
  records::AccessKey record;
  record.set_account_id(row.account_id);
  record.set_user_id(row.user_id);
  record.set_sealed_secret(row.sealed_secret);
  record.set_disabled(row.disabled);
  record.set_declared(row.declared);
  record.set_created_ms(row.created_ms);
  return record.SerializeAsString();
}

Result<AccountRow> decode_account(std::string_view key, std::string_view value) {
  OBJSTORE_ASSIGN(const auto id, name_in(kAccountPrefix, key));
  OBJSTORE_ASSIGN(const auto record, parse<records::Account>("account", value));
  return AccountRow{.id = std::string(id),
                    .owner_id = record.owner_id(),
                    .display_name = record.display_name(),
                    .disabled = record.disabled(),
                    .declared = record.declared()};
}

Result<UserRow> decode_user(std::string_view key, std::string_view value) {
  OBJSTORE_ASSIGN(const auto name, name_in(kUserPrefix, key));
  const auto separator = name.find(kSeparator);
  if (separator == std::string_view::npos) return fail(Errc::kCorrupt, "the key of a stored user names no account");
  OBJSTORE_ASSIGN(const auto record, parse<records::User>("user", value));
  return UserRow{.account_id = std::string(name.substr(0, separator)),
                 .id = std::string(name.substr(separator + 1)),
                 .display_name = record.display_name(),
                 .email = record.email(),
                 .policies = {record.policies().begin(), record.policies().end()},
                 .root = record.root(),
                 .disabled = record.disabled(),
                 .declared = record.declared()};
}

Result<KeyRow> decode_key(std::string_view key, std::string_view value) {
  OBJSTORE_ASSIGN(const auto access_key, name_in(kKeyPrefix, key));
  OBJSTORE_ASSIGN(const auto record, parse<records::AccessKey>("access key", value));
  return KeyRow{.access_key = std::string(access_key),
                .account_id = record.account_id(),
                .user_id = record.user_id(),
                .sealed_secret = record.sealed_secret(),
                .disabled = record.disabled(),
                .declared = record.declared(),
                .created_ms = record.created_ms()};
}

}  // namespace objstore::auth
