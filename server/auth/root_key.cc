#include "server/auth/root_key.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "server/auth/private_file.h"

namespace objstore::auth {
namespace {

constexpr std::string_view kPrefix = "OBJ";
constexpr std::size_t kIdBytes = 20;
constexpr std::size_t kSecretBytes = 40;
constexpr std::string_view kIdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
constexpr std::string_view kSecretAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

// Each character is equally likely: random bytes beyond the largest multiple of the alphabet's size are thrown away.
std::string random_text(std::size_t length, std::string_view alphabet) {
  const std::size_t usable = 256 / alphabet.size() * alphabet.size();
  std::string text;
  std::array<std::byte, 64> pool;
  while (text.size() < length) {
    fill_random(pool);
    for (const auto byte : pool) {
      const auto value = std::to_integer<std::size_t>(byte);
      if (value < usable && text.size() < length) text += alphabet[value % alphabet.size()];
    }
  }
  return text;
}

bool is_id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._+@=").find(c) != std::string_view::npos;
}

bool is_secret_character(char c) {
  return c > ' ' && c <= '~';
}

}  // namespace

Status check_access_key(const AccessKey& key) {
  if (key.id.size() < kAccessKeyBytesMin || key.id.size() > kAccessKeyBytesMax ||
      !std::ranges::all_of(key.id, is_id_character))
    return fail(Errc::kInvalidArgument, "an access key has 3 to 128 letters, digits or characters of \"-._+@=\"");
  if (key.secret.size() < kSecretBytesMin || key.secret.size() > kSecretBytesMax ||
      !std::ranges::all_of(key.secret, is_secret_character))
    return fail(Errc::kInvalidArgument, "a secret key has 8 to 128 printable characters without blanks");
  return {};
}

AccessKey make_access_key() {
  return {.id = std::string(kPrefix) + random_text(kIdBytes - kPrefix.size(), kIdAlphabet),
          .secret = random_text(kSecretBytes, kSecretAlphabet)};
}

Result<std::optional<AccessKey>> root_key_of(const std::optional<std::string>& id,
                                             const std::optional<std::string>& secret) {
  if (!id && !secret) return std::optional<AccessKey>();
  if (!id || !secret)
    return fail(Errc::kInvalidArgument, "OBJD_ROOT_ACCESS_KEY and OBJD_ROOT_SECRET_KEY go together: set both or none");
  AccessKey key{.id = *id, .secret = *secret};
  if (auto checked = check_access_key(key); !checked)
    return fail(checked.error().code, "OBJD_ROOT_ACCESS_KEY, OBJD_ROOT_SECRET_KEY: " + checked.error().message);
  return std::optional<AccessKey>(std::move(key));
}

Status write_credentials_file(const std::filesystem::path& path, const AccessKey& key) {
  return write_private_file(path,
                            "# The root key of this store, written by objd. `objd rotate-root-key` replaces it.\n"
                            "# For the AWS tools: AWS_SHARED_CREDENTIALS_FILE=<this file>\n"
                            "[default]\n"
                            "aws_access_key_id = " +
                                key.id +
                                "\n"
                                "aws_secret_access_key = " +
                                key.secret + "\n");
}

Result<std::optional<AccessKey>> read_credentials_file(const std::filesystem::path& path) {
  OBJSTORE_ASSIGN(const auto content, read_private_file(path));
  if (!content) return std::optional<AccessKey>();
  AccessKey key;
  std::string_view rest = *content;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    const auto name = trim(line.substr(0, equals));
    const auto value = trim(line.substr(equals + 1));
    if (name == "aws_access_key_id") key.id = value;
    if (name == "aws_secret_access_key") key.secret = value;
  }
  if (!check_access_key(key)) return fail(Errc::kMalformed, path.string() + ": no access key and secret in it");
  return std::optional<AccessKey>(std::move(key));
}

}  // namespace objstore::auth
