#include "common/base/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "common/base/digest_kernels.h"

namespace objstore {
namespace {

constexpr std::size_t kHmacBlock = 64;  // SHA-256's block size

// Asking OpenSSL for a digest by name takes locks and a look-up each time, so it is done once. They live until the
// process ends.
const EVP_MD* fetched(DigestKind kind) {
  static const EVP_MD* const md5_type = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const sha1_type = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256_type = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static const EVP_MD* const sha512_type = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  switch (kind) {
    case DigestKind::kMd5:
      return md5_type;
    case DigestKind::kSha1:
      return sha1_type;
    case DigestKind::kSha256:
      return sha256_type;
    case DigestKind::kSha512:
      return sha512_type;
  }
  return nullptr;
}

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

Context make_context() {
  Context context(EVP_MD_CTX_new());
  CHECK(context != nullptr);
  return context;
}

void start(EVP_MD_CTX* context, DigestKind kind) {
  const EVP_MD* type = fetched(kind);
  CHECK(type != nullptr);
  CHECK(EVP_DigestInit_ex2(context, type, nullptr) == 1);
}

void add(EVP_MD_CTX* context, ByteView bytes) {
  CHECK(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

std::size_t finish_into(EVP_MD_CTX* context, void* out) {
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context, static_cast<unsigned char*>(out), &size) == 1);
  return size;
}

template <typename Array>
Array one_shot(DigestKind kind, ByteView bytes) {
  thread_local const Context context = make_context();
  Array out{};
  start(context.get(), kind);
  add(context.get(), bytes);
  CHECK(finish_into(context.get(), out.data()) == out.size());
  return out;
}

// Of `pad`, which is one block, and `message` behind it.
Sha256 sha256_behind(ByteView pad, ByteView message) {
  Sha256 out{};
  if (kernels::available()) {
    kernels::Sha256Chain chain;
    kernels::sha256(chain, pad.data(), 1);
    return kernels::end_sha256(chain, message, kHmacBlock + message.size());
  }
  thread_local const Context context = make_context();
  start(context.get(), DigestKind::kSha256);
  add(context.get(), pad);
  add(context.get(), message);
  finish_into(context.get(), out.data());
  return out;
}

}  // namespace

struct Digest::Impl {
  DigestKind kind;
  Context context;
};

Digest::Digest(DigestKind kind) : impl_(std::make_unique<Impl>(Impl{kind, make_context()})) {
  start(impl_->context.get(), kind);
}
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(ByteView bytes) {
  add(impl_->context.get(), bytes);
}

std::string Digest::finish() {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  out.resize(finish_into(impl_->context.get(), out.data()));
  start(impl_->context.get(), impl_->kind);
  return out;
}

// Most messages are short, and for them OpenSSL's way to its SHA-256 costs more than the SHA-256.
Sha256 sha256(ByteView bytes) {
  if (kernels::available()) return kernels::end_sha256({}, bytes, bytes.size());
  return one_shot<Sha256>(DigestKind::kSha256, bytes);
}
Md5 md5(ByteView bytes) {
  return one_shot<Md5>(DigestKind::kMd5, bytes);
}

// RFC 2104: OpenSSL's own HMAC looks its digest up by name on every call.
Sha256 hmac_sha256(ByteView key, ByteView message) {
  std::array<std::byte, kHmacBlock> pad{};
  if (key.size() > kHmacBlock) {
    const Sha256 short_key = sha256(key);
    std::memcpy(pad.data(), short_key.data(), short_key.size());
  } else if (!key.empty()) {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  for (std::byte& b : pad) b ^= std::byte{0x36};
  const Sha256 inner = sha256_behind(pad, message);
  for (std::byte& b : pad) b ^= std::byte{0x36 ^ 0x5c};
  const Sha256 out = sha256_behind(pad, inner);
  OPENSSL_cleanse(pad.data(), pad.size());
  return out;
}

bool equal_constant_time(ByteView a, ByteView b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void fill_random(MutableBytes out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t n = ::getrandom(out.data() + done, out.size() - done, 0);
    if (n < 0 && errno == EINTR) continue;
    CHECK(n > 0);
    done += static_cast<std::size_t>(n);
  }
}

std::uint64_t random_u64() {
  std::uint64_t value = 0;
  fill_random(std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

}  // namespace objstore
