// All principals of a store in memory, and what changes them: pure functions from one state to the next, apart from the
// table and the locks. Values; no thread.
#pragma once

#include <map>
#include <string>

#include "server/auth/bootstrap.h"
#include "server/auth/principal_rows.h"
#include "server/auth/secret_box.h"
#include "server/storage/metadata_store.h"

namespace objstore::auth {

struct PrincipalState {
  struct Key {
    KeyRow row;
    std::string secret;
    bool operator==(const Key&) const = default;
  };
  std::map<std::string, AccountRow, std::less<>> accounts;  // by account id
  std::map<std::string, UserRow, std::less<>> users;        // by row key
  std::map<std::string, Key, std::less<>> keys;             // by access key
};

// Account of the root user. No bootstrap file may declare it.
inline constexpr std::string_view kRootAccountId = "000000000000";

// Reads the whole table. kCorrupt, kIo; kCorrupt also when `box` does not open a secret.
Result<PrincipalState> load_principals(const storage::MetadataReader& metadata, const SecretBox& box);
// Whether the table holds any secret, sealed by whatever key.
Result<bool> has_secrets(const storage::MetadataReader& metadata);

// The state after the file has been applied: what it names is there and enabled, what an earlier file declared and this
// one does not name is disabled. kInvalidArgument when it claims the root account or the root key.
Result<PrincipalState> declare(const PrincipalState& state, const Bootstrap& file, const SecretBox& box,
                               UnixMillis now);

// The state with `key` as the root user's only key; makes the account and its user when they are not there yet.
// kInvalidArgument when a declared user has this access key.
Result<PrincipalState> with_root_key(const PrincipalState& state, const AccessKey& key, const SecretBox& box,
                                     UnixMillis now);

// The batch that turns what is stored for `from` into `to`.
storage::Batch difference(const PrincipalState& from, const PrincipalState& to);

}  // namespace objstore::auth
