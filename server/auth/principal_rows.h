// The rows of table kPrincipals as values, and their encoding. Pure functions, any thread.
//
// A row's key names it (account id, user id, access key); the value says the rest. A row is never removed by the
// bootstrap file, only disabled: a bucket's owner must keep its name.
#pragma once

#include <objstore/error.h>

#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"

namespace objstore::auth {

struct AccountRow {
  std::string id{};
  std::string owner_id{};
  std::string display_name{};
  bool disabled = false;
  bool declared = false;
  bool operator==(const AccountRow&) const = default;
};

struct UserRow {
  std::string account_id{};
  std::string id{};
  std::string display_name{};
  std::string email{};
  std::vector<std::string> policies{};  // JSON
  bool root = false;
  bool disabled = false;
  bool declared = false;
  bool operator==(const UserRow&) const = default;
};

struct KeyRow {
  std::string access_key{};
  std::string account_id{};
  std::string user_id{};
  std::string sealed_secret{};
  bool disabled = false;
  bool declared = false;
  UnixMillis created_ms = 0;
  bool operator==(const KeyRow&) const = default;
};

inline constexpr std::string_view kAccountPrefix = "a/";
inline constexpr std::string_view kUserPrefix = "u/";
inline constexpr std::string_view kKeyPrefix = "k/";

std::string row_key(const AccountRow& row);
std::string row_key(const UserRow& row);
std::string row_key(const KeyRow& row);

std::string encode(const AccountRow& row);
std::string encode(const UserRow& row);
std::string encode(const KeyRow& row);

// From a stored key and value; kCorrupt when they are not a row of this kind.
Result<AccountRow> decode_account(std::string_view key, std::string_view value);
Result<UserRow> decode_user(std::string_view key, std::string_view value);
Result<KeyRow> decode_key(std::string_view key, std::string_view value);

}  // namespace objstore::auth
