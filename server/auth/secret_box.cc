#include "server/auth/secret_box.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/base/digest.h"
#include "server/auth/private_file.h"

namespace objstore::auth {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
constexpr std::string_view kContext = "objstore access secret 1/";

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const EVP_CIPHER* aes_256_gcm() {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(cipher != nullptr);
  return cipher;
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* raw(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* raw(const SecretBox::Key& key) {
  return reinterpret_cast<const unsigned char*>(key.data());
}

std::string additional_data(std::string_view bound_to) {
  return std::string(kContext) + std::string(bound_to);
}

}  // namespace

SecretBox::~SecretBox() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

std::string SecretBox::seal(std::string_view secret, std::string_view bound_to) const {
  std::string nonce(kNonceBytes, '\0');
  fill_random(std::as_writable_bytes(std::span(nonce)));
  const std::string aad = additional_data(bound_to);
  std::string ciphertext(secret.size(), '\0');
  std::string tag(kTagBytes, '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  int ignored = 0;
  CHECK(context != nullptr);
  CHECK(EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), raw(key_), raw(nonce), nullptr) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), nullptr, &ignored, raw(aad), static_cast<int>(aad.size())) == 1);
  CHECK(EVP_EncryptUpdate(context.get(), raw(ciphertext), &written, raw(secret), static_cast<int>(secret.size())) == 1);
  CHECK(EVP_EncryptFinal_ex(context.get(), raw(ciphertext) + written, &ignored) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1);
  return std::string(1, kVersion) + nonce + ciphertext + tag;
}

Result<std::string> SecretBox::open(std::string_view sealed, std::string_view bound_to) const {
  if (sealed.size() < 1 + kNonceBytes + kTagBytes || sealed.front() != kVersion)
    return fail(Errc::kCorrupt, "a stored secret has an unknown form");
  const auto nonce = sealed.substr(1, kNonceBytes);
  const auto ciphertext = sealed.substr(1 + kNonceBytes, sealed.size() - 1 - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  const std::string aad = additional_data(bound_to);
  std::string secret(ciphertext.size(), '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int written = 0;
  int ignored = 0;
  CHECK(context != nullptr);
  const bool opened =
      EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), raw(key_), raw(nonce), nullptr) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &ignored, raw(aad), static_cast<int>(aad.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), raw(secret), &written, raw(ciphertext), static_cast<int>(ciphertext.size())) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), raw(secret) + written, &ignored) == 1;
  if (!opened) return fail(Errc::kCorrupt, "a stored secret does not open with this secret key");
  return secret;
}

Result<SecretBox::Key> parse_secret_key(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  text = trim(text);
  auto bytes = text.size() == 2 * SecretBox::kKeyBytes ? from_hex(text) : from_base64(text);
  if (!bytes || bytes->size() != SecretBox::kKeyBytes)
    return fail(Errc::kInvalidArgument, "a secret key is 32 bytes: 64 hexadecimal digits, or base64");
  SecretBox::Key key;
  std::ranges::copy(as_bytes(*bytes), key.begin());
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return key;
}

Result<SecretBox::Key> load_secret_key(const SecretKeySource& source) {
  if (source.environment) {
    auto key = parse_secret_key(*source.environment);
    if (!key) return fail(key.error().code, "OBJD_SECRET_KEY: " + key.error().message);
    return key;
  }
  OBJSTORE_ASSIGN(const auto content, read_private_file(source.file));
  if (content) {
    auto key = parse_secret_key(*content);
    if (!key) return fail(key.error().code, source.file.string() + ": " + key.error().message);
    return key;
  }
  if (!source.may_create)
    return fail(Errc::kNotFound, source.file.string() +
                                     ": missing, and the store has secrets that need it "
                                     "(restore the file, or set OBJD_SECRET_KEY)");
  SecretBox::Key key;
  fill_random(key);
  OBJSTORE_TRY(write_private_file(source.file, to_hex(key) + "\n"));
  return key;
}

}  // namespace objstore::auth
