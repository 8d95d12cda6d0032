// The accounts, users and access keys of a store: a cache over the principals table, changed by the bootstrap file and
// by key rotation. Any thread; look-ups take a shared lock and touch no disk.
#pragma once

#include <objstore/error.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "server/auth/principal.h"
#include "server/storage/metadata_store.h"

namespace objstore::auth {

struct Credential {
  Principal principal;
  std::string secret;
  bool active = true;
};

class CredentialStore {
 public:
  virtual ~CredentialStore() = default;
  // Nothing when the key is unknown. A disabled key is returned with active = false.
  virtual std::optional<Credential> find(std::string_view access_key) const = 0;
  virtual std::optional<Account> find_account(std::string_view account_id) const = 0;
};

}  // namespace objstore::auth
