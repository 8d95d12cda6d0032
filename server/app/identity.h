// Who may use the store: opens its credentials, makes or takes the root key, applies the bootstrap file, rotates.
//
// One for each open store, also offline. Any thread after open().
#pragma once

#include <objstore/error.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "server/auth/stored_credentials.h"

namespace objstore::app {

// What only the environment can give: OBJD_SECRET_KEY, OBJD_ROOT_ACCESS_KEY, OBJD_ROOT_SECRET_KEY.
struct Secrets {
  std::optional<std::string> secret_key;
  std::optional<std::string> root_access_key;
  std::optional<std::string> root_secret_key;
  std::optional<std::string> metrics_token{};
};

struct IdentityFiles {
  std::filesystem::path secret_key;
  std::filesystem::path root_credentials;
};

class Identity {
 public:
  // Afterwards there is a root key, and the credentials file holds it. `metadata` and `clock` outlive the identity.
  static Result<std::unique_ptr<Identity>> open(const storage::MetadataReader& metadata,
                                                auth::StoredCredentials::Commit commit, const Clock& clock,
                                                IdentityFiles files, const Secrets& secrets);

  const auth::StoredCredentials& credentials() const noexcept { return *credentials_; }
  bool made_root_key() const noexcept { return made_root_key_; }
  // Secret of this store, the same at every start: for tokens that outlive a restart.
  const std::string& token_secret() const noexcept { return token_secret_; }

  Status apply_bootstrap(const std::filesystem::path& file);
  // The new key's id. The credentials file and the store hold the new key, the old one is refused. kUnsupported when
  // the environment sets the root key, since the next start would set it back.
  Result<std::string> rotate_root_key();

 private:
  Identity(IdentityFiles files, std::string token_secret, std::unique_ptr<auth::StoredCredentials> credentials);
  Status settle_root_key(const std::optional<auth::AccessKey>& given);

  const IdentityFiles files_;
  const std::string token_secret_;
  std::unique_ptr<auth::StoredCredentials> credentials_;
  bool made_root_key_ = false;
  bool root_key_given_ = false;
  std::mutex rotate_mutex_;
};

}  // namespace objstore::app
