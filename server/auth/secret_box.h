// Seals secrets for storage: AES-256-GCM under one key of the store. Immutable; any thread.
//
// Request signing needs the secret itself, so a digest of it would not do; what the metadata holds is of no use without
// the key, which lies in a file of mode 0600 beside it or comes from the environment.
#pragma once

#include <objstore/error.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::auth {

class SecretBox {
 public:
  static constexpr std::size_t kKeyBytes = 32;
  using Key = std::array<std::byte, kKeyBytes>;

  explicit SecretBox(const Key& key) : key_(key) {}
  SecretBox(const SecretBox&) = default;
  SecretBox& operator=(const SecretBox&) = default;
  ~SecretBox();

  // version, nonce, ciphertext, tag. `bound_to` must be the same when it is opened: a row cannot be swapped for
  // another.
  std::string seal(std::string_view secret, std::string_view bound_to) const;
  // kCorrupt when the key, `bound_to` or the bytes are not those of seal().
  Result<std::string> open(std::string_view sealed, std::string_view bound_to) const;

 private:
  Key key_;
};

// 32 bytes as 64 hexadecimal digits or as base64; white space at the ends does not count. kInvalidArgument.
Result<SecretBox::Key> parse_secret_key(std::string_view text);

struct SecretKeySource {
  std::filesystem::path file;              // DIR/secret-key
  std::optional<std::string> environment;  // OBJD_SECRET_KEY: then the file is neither read nor made
  bool may_create = false;                 // only for a store that has no secrets yet
};

// kNotFound when the file is missing and may not be created: a new key could not open what the old one sealed.
Result<SecretBox::Key> load_secret_key(const SecretKeySource& source);

}  // namespace objstore::auth
