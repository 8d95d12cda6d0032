#include "server/app/identity.h"

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "server/auth/principal_state.h"
#include "server/auth/secret_box.h"

namespace objstore::app {

Identity::Identity(IdentityFiles files, std::string token_secret, std::unique_ptr<auth::StoredCredentials> credentials)
    : files_(std::move(files)), token_secret_(std::move(token_secret)), credentials_(std::move(credentials)) {}

Result<std::unique_ptr<Identity>> Identity::open(const storage::MetadataReader& metadata,
                                                 auth::StoredCredentials::Commit commit, const Clock& clock,
                                                 IdentityFiles files, const Secrets& secrets) {
  OBJSTORE_ASSIGN(const auto given, auth::root_key_of(secrets.root_access_key, secrets.root_secret_key));
  OBJSTORE_ASSIGN(const bool has_secrets, auth::has_secrets(metadata));
  OBJSTORE_ASSIGN(
      const auto key,
      auth::load_secret_key({.file = files.secret_key, .environment = secrets.secret_key, .may_create = !has_secrets}));
  OBJSTORE_ASSIGN(auto credentials,
                  auth::StoredCredentials::open(metadata, std::move(commit), clock, auth::SecretBox(key)));
  auto token_secret = to_hex(hmac_sha256(key, as_bytes("objstore listing tokens")));
  std::unique_ptr<Identity> identity(new Identity(std::move(files), std::move(token_secret), std::move(credentials)));
  OBJSTORE_TRY(identity->settle_root_key(given));
  return identity;
}

Status Identity::settle_root_key(const std::optional<auth::AccessKey>& given) {
  root_key_given_ = given.has_value();
  auto key = credentials_->root_key();
  if (given && given != key) {
    OBJSTORE_TRY(credentials_->set_root_key(*given));
    key = given;
  } else if (!key) {
    key = auth::make_access_key();
    OBJSTORE_TRY(credentials_->set_root_key(*key));
    made_root_key_ = true;
  }
  // A crash between the store and the file, or an operator, may have left another key there, or none.
  const auto file = auth::read_credentials_file(files_.root_credentials);
  if (file && *file == key) return {};
  return auth::write_credentials_file(files_.root_credentials, *key);
}

Status Identity::apply_bootstrap(const std::filesystem::path& file) {
  OBJSTORE_ASSIGN(const auto bootstrap, auth::load_bootstrap(file));
  const auto changes = credentials_->apply(bootstrap);
  if (!changes) return fail(changes.error().code, file.string() + ": " + changes.error().message);
  log::info("bootstrap applied", {{"file", std::string_view(file.native())},
                                  {"rows_written", static_cast<std::int64_t>(changes->rows_written)},
                                  {"keys_active", static_cast<std::int64_t>(changes->keys_active)}});
  return {};
}

// The file goes first: when it cannot be written nothing has changed, and when the store cannot be written the old
// content is put back. The other order could end with a key that nobody was told.
Result<std::string> Identity::rotate_root_key() {
  if (root_key_given_)
    return fail(Errc::kUnsupported,
                "OBJD_ROOT_ACCESS_KEY and OBJD_ROOT_SECRET_KEY set the root key: change it there and restart objd");
  const std::lock_guard lock(rotate_mutex_);
  const auto old = credentials_->root_key();
  const auto fresh = auth::make_access_key();
  OBJSTORE_TRY(auth::write_credentials_file(files_.root_credentials, fresh));
  if (auto set = credentials_->set_root_key(fresh); !set) {
    if (old) OBJSTORE_TRY(auth::write_credentials_file(files_.root_credentials, *old));
    return std::unexpected(std::move(set.error()));
  }
  log::info("root key rotated", {{"access_key", fresh.id}});
  return fresh.id;
}

}  // namespace objstore::app
