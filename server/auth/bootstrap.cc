#include "server/auth/bootstrap.h"

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>
#include <set>

#include "common/base/bytes.h"
#include "server/auth/policy_document.h"
#include "server/auth/private_file.h"

namespace objstore::auth {
namespace {

constexpr std::size_t kAccountIdBytesMax = 64;
constexpr std::size_t kUserIdBytesMax = 128;
constexpr std::size_t kNameBytesMax = 256;

bool is_account_id(std::string_view id) {
  return !id.empty() && id.size() <= kAccountIdBytesMax && std::ranges::all_of(id, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool is_user_id(std::string_view id) {
  return !id.empty() && id.size() <= kUserIdBytesMax &&
         std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_name(std::string_view text) {
  return text.size() <= kNameBytesMax && is_valid_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; });
}

// Walks the document. Every function checks what it reads, so that the first mistake is reported with its line.
class Reader {
 public:
  explicit Reader(std::string_view name) : name_(name) {}

  Result<Bootstrap> read(const toml::table& document) {
    OBJSTORE_TRY(only(document, {"account"}));
    Bootstrap result;
    OBJSTORE_TRY(each(document, "account", [&](const toml::table& table) -> Status {
      OBJSTORE_ASSIGN(auto account, read_account(table));
      result.accounts.push_back(std::move(account));
      return {};
    }));
    return result;
  }

  std::unexpected<Error> mistake(const toml::source_region& where, std::string_view what) const {
    return fail(Errc::kMalformed, name_ + ":" + std::to_string(where.begin.line) + ": " + std::string(what));
  }

 private:
  Status only(const toml::table& table, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : table)
      if (std::ranges::find(known, key.str()) == known.end())
        return mistake(key.source(), "unknown key \"" + std::string(key.str()) + "\"");
    return {};
  }

  template <typename F>
  Status each(const toml::table& table, std::string_view key, F&& visit) const {
    const auto* node = table.get(key);
    if (node == nullptr) return {};
    const auto* array = node->as_array();
    if (array == nullptr)
      return mistake(node->source(), "\"" + std::string(key) + "\" must be written as [[" + std::string(key) + "]]");
    for (const auto& element : *array) {
      if (!element.is_table()) return mistake(element.source(), "\"" + std::string(key) + "\" must be a table");
      OBJSTORE_TRY(visit(*element.as_table()));
    }
    return {};
  }

  Result<std::string> text(const toml::table& table, std::string_view key) const {
    const auto* node = table.get(key);
    if (node == nullptr) return std::string();
    const auto* value = node->as_string();
    if (value == nullptr) return mistake(node->source(), "\"" + std::string(key) + "\" must be a string");
    return value->get();
  }

  // An empty list is refused: does it mean everything, as no list does, or nothing?
  Result<std::vector<std::string>> texts(const toml::table& table, std::string_view key) const {
    std::vector<std::string> out;
    const auto* node = table.get(key);
    if (node == nullptr) return out;
    const auto* array = node->as_array();
    if (array == nullptr || array->empty() || array->size() > kUserPoliciesMax)
      return mistake(node->source(), "\"" + std::string(key) + "\" must be a list of 1 to 10 strings");
    for (const auto& element : *array) {
      if (!element.is_string()) return mistake(element.source(), "\"" + std::string(key) + "\" must hold strings");
      out.push_back(element.as_string()->get());
    }
    return out;
  }

  Result<std::string> name(const toml::table& table, std::string_view key) const {
    OBJSTORE_ASSIGN(auto value, text(table, key));
    if (!is_name(value))
      return mistake(table.get(key)->source(), "\"" + std::string(key) + "\" is too long or has control characters");
    return value;
  }

  Result<DeclaredAccount> read_account(const toml::table& table) {
    OBJSTORE_TRY(only(table, {"id", "display_name", "owner", "user"}));
    DeclaredAccount account;
    OBJSTORE_ASSIGN(account.id, text(table, "id"));
    if (!is_account_id(account.id))
      return mistake(table.source(), "an account needs an id of 1 to 64 letters, digits, '.', '_' or '-'");
    if (!accounts_.insert(account.id).second)
      return mistake(table.source(), "account \"" + account.id + "\" is declared twice");
    OBJSTORE_ASSIGN(account.display_name, name(table, "display_name"));
    OBJSTORE_ASSIGN(account.owner_id, text(table, "owner"));
    OBJSTORE_TRY(each(table, "user", [&](const toml::table& user_table) -> Status {
      OBJSTORE_ASSIGN(auto user, read_user(user_table));
      account.users.push_back(std::move(user));
      return {};
    }));
    if (account.users.empty()) return mistake(table.source(), "account \"" + account.id + "\" has no user");
    if (account.owner_id.empty()) account.owner_id = account.users.front().id;
    const auto owner = std::ranges::find(account.users, account.owner_id, &DeclaredUser::id);
    if (owner == account.users.end())
      return mistake(table.get("owner")->source(), "the owner is not a user of the account");
    if (account.display_name.empty()) account.display_name = owner->display_name;
    return account;
  }

  Result<DeclaredUser> read_user(const toml::table& table) {
    OBJSTORE_TRY(only(table, {"id", "display_name", "email", "key", "policies", "policy_files"}));
    DeclaredUser user;
    OBJSTORE_ASSIGN(user.id, text(table, "id"));
    if (!is_user_id(user.id))
      return mistake(table.source(), "a user needs an id of 1 to 128 printable characters without blanks");
    if (!users_.insert(user.id).second) return mistake(table.source(), "user \"" + user.id + "\" is declared twice");
    if (users_.size() > kDeclaredUsersMax)
      return mistake(table.source(), "more users than a bootstrap file may declare");
    OBJSTORE_ASSIGN(user.display_name, name(table, "display_name"));
    OBJSTORE_ASSIGN(user.email, name(table, "email"));
    if (user.display_name.empty()) user.display_name = user.id;
    OBJSTORE_ASSIGN(user.policies, texts(table, "policies"));
    for (const auto& policy : user.policies)
      if (auto checked = parse_identity_policy(policy); !checked)
        return mistake(table.get("policies")->source(), checked.error().message);
    OBJSTORE_ASSIGN(user.policy_files, texts(table, "policy_files"));
    OBJSTORE_TRY(each(table, "key", [&](const toml::table& key_table) -> Status {
      OBJSTORE_ASSIGN(auto key, read_key(key_table));
      user.keys.push_back(std::move(key));
      return {};
    }));
    return user;
  }

  Result<AccessKey> read_key(const toml::table& table) {
    OBJSTORE_TRY(only(table, {"access_key", "secret_key"}));
    AccessKey key;
    OBJSTORE_ASSIGN(key.id, text(table, "access_key"));
    OBJSTORE_ASSIGN(key.secret, text(table, "secret_key"));
    if (auto checked = check_access_key(key); !checked) return mistake(table.source(), checked.error().message);
    if (!keys_.insert(key.id).second) return mistake(table.source(), "access key \"" + key.id + "\" is declared twice");
    if (keys_.size() > kDeclaredKeysMax) return mistake(table.source(), "more keys than a bootstrap file may declare");
    return key;
  }

  std::string name_;
  std::set<std::string> accounts_;
  std::set<std::string> users_;
  std::set<std::string> keys_;
};

// bytes: read so far, of everything.
Status read_policy_files(const std::filesystem::path& bootstrap, DeclaredUser& user, std::size_t& bytes) {
  for (const auto& name : user.policy_files) {
    const auto path = bootstrap.parent_path() / name;
    OBJSTORE_ASSIGN(auto content, read_small_file(path, kPolicyBytesMax));
    if (!content) return fail(Errc::kNotFound, path.string() + ": no such file");
    if (auto checked = parse_identity_policy(*content); !checked)
      return fail(Errc::kMalformed, path.string() + ": " + checked.error().message);
    bytes += content->size();
    if (bytes > kBootstrapBytesMax)
      return fail(Errc::kTooLarge, bootstrap.string() + ": the policies are larger than a bootstrap file may be");
    user.policies.push_back(std::move(*content));
  }
  return {};
}

}  // namespace

Result<Bootstrap> parse_bootstrap(std::string_view text, std::string_view name) {
  Reader reader(name);
  try {
    return reader.read(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    return reader.mistake(error.source(), error.description());
  }
}

Result<Bootstrap> load_bootstrap(const std::filesystem::path& path) {
  OBJSTORE_ASSIGN(const auto content, read_small_file(path, kBootstrapBytesMax));
  if (!content) return fail(Errc::kNotFound, path.string() + ": no such file");
  OBJSTORE_ASSIGN(auto file, parse_bootstrap(*content, path.string()));
  std::size_t bytes = content->size();
  for (auto& account : file.accounts)
    for (auto& user : account.users) OBJSTORE_TRY(read_policy_files(path, user, bytes));
  return file;
}

}  // namespace objstore::auth
