// Access keys: their shapes, how the root key is made, and the file that hands it to the operator. Any thread.
#pragma once

#include <objstore/error.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::auth {

struct AccessKey {
  std::string id;
  std::string secret;
  bool operator==(const AccessKey&) const = default;
};

inline constexpr std::size_t kAccessKeyBytesMin = 3;
inline constexpr std::size_t kAccessKeyBytesMax = 128;
inline constexpr std::size_t kSecretBytesMin = 8;
inline constexpr std::size_t kSecretBytesMax = 128;

// An id of letters, digits and "-._+@=", a secret of printable ASCII without blanks. kInvalidArgument; the message
// never shows the secret.
Status check_access_key(const AccessKey& key);

// "OBJ" and 17 capitals or digits; 40 letters or digits, from the operating system's randomness.
AccessKey make_access_key();

// OBJD_ROOT_ACCESS_KEY and OBJD_ROOT_SECRET_KEY as they are in the environment: both or none. kInvalidArgument.
Result<std::optional<AccessKey>> root_key_of(const std::optional<std::string>& id,
                                             const std::optional<std::string>& secret);

// An AWS credentials file with one profile, [default]. Written whole, durable, mode 0600.
Status write_credentials_file(const std::filesystem::path& path, const AccessKey& key);
// Nothing when there is no file; kMalformed when it lacks one of the two.
Result<std::optional<AccessKey>> read_credentials_file(const std::filesystem::path& path);

}  // namespace objstore::auth
