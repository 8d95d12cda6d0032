#include "server/api/s3/page_token.h"

#include <array>
#include <cstddef>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore::s3 {
namespace {

constexpr std::size_t kTagBytes = 16;

std::string tag_of(std::string_view key, std::string_view bucket, std::string_view after) {
  std::string message(bucket);
  message.push_back('/');  // no bucket's name has one
  message.append(after);
  const Sha256 mac = hmac_sha256(as_bytes(key), as_bytes(message));
  return std::string(as_text(ByteView(mac).first(kTagBytes)));
}

}  // namespace

PageTokens::PageTokens(std::string_view secret) {
  Sha256 key;
  if (secret.empty())
    fill_random(key);
  else
    key = hmac_sha256(as_bytes(secret), as_bytes("objstore listing tokens"));
  key_ = as_text(key);
}

std::string PageTokens::seal(std::string_view bucket, std::string_view after) const {
  std::string token = tag_of(key_, bucket, after);
  token.append(after);
  return to_base64(as_bytes(token));
}

std::optional<std::string> PageTokens::unseal(std::string_view bucket, std::string_view token) const {
  const std::optional<std::string> raw = from_base64(token);
  if (!raw || raw->size() < kTagBytes) return std::nullopt;
  const std::string_view after = std::string_view(*raw).substr(kTagBytes);
  const std::string tag = tag_of(key_, bucket, after);
  if (!equal_constant_time(as_bytes(tag), as_bytes(*raw).first(kTagBytes))) return std::nullopt;
  return std::string(after);
}

}  // namespace objstore::s3
