// The bootstrap file: accounts, users and access keys that an operator declares. docs/operations.md describes it.
//
// Values; parsing is pure and may be done on any thread.
#pragma once

#include <objstore/error.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/auth/root_key.h"

namespace objstore::auth {

struct DeclaredUser {
  std::string id;
  std::string display_name;  // the id when the file gives none
  std::string email;
  std::vector<AccessKey> keys;
  std::vector<std::string> policies{};      // JSON, checked; with none the user may what its account may
  std::vector<std::string> policy_files{};  // of which load_bootstrap() makes policies
};

struct DeclaredAccount {
  std::string id;
  std::string owner_id;      // one of its users; the first when the file names none
  std::string display_name;  // the owner's when the file gives none
  std::vector<DeclaredUser> users;
};

struct Bootstrap {
  std::vector<DeclaredAccount> accounts;
};

// One batch holds everything that a file changes, so a file has a limit.
inline constexpr std::size_t kBootstrapBytesMax = std::size_t{2} << 20;
inline constexpr std::size_t kDeclaredKeysMax = 5'000;
inline constexpr std::size_t kDeclaredUsersMax = 5'000;
inline constexpr std::size_t kUserPoliciesMax = 10;

// kMalformed, with "name:line: " in front: not TOML, an unknown or missing key, a wrong type, an id that is declared
// twice, a policy that is none. Messages never show a secret.
Result<Bootstrap> parse_bootstrap(std::string_view text, std::string_view name);
// Reads the files of policies, too; their names are relative to the file's folder. Also kNotFound, kIo, kTooLarge.
Result<Bootstrap> load_bootstrap(const std::filesystem::path& path);

}  // namespace objstore::auth
