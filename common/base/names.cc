#include <objstore/names.h>

#include <algorithm>
#include <array>

#include "common/base/bytes.h"

namespace objstore {
namespace {

constexpr std::size_t kBucketBytesMin = 3;
constexpr std::size_t kBucketBytesMax = 63;
constexpr std::array<std::string_view, 3> kReservedPrefixes = {"xn--", "sthree-", "amzn-s3-demo-"};
constexpr std::array<std::string_view, 4> kReservedSuffixes = {"-s3alias", "--ol-s3", ".mrap", "--x-s3"};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || is_digit(c);
}

// Four groups of one to three digits: what a resolver could take for an address.
bool looks_like_ipv4(std::string_view text) {
  int groups = 1;
  int digits = 0;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0) return false;
      ++groups;
      digits = 0;
    } else if (!is_digit(c) || ++digits > 3) {
      return false;
    }
  }
  return groups == 4 && digits > 0;
}

// The rule that the name breaks, or nothing.
std::string_view broken_rule(std::string_view text) {
  if (text.size() < kBucketBytesMin || text.size() > kBucketBytesMax) return "a bucket name has 3 to 63 characters";
  if (!std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-'; }))
    return "a bucket name consists of lower-case letters, digits, dots and hyphens";
  if (!is_letter_or_digit(text.front()) || !is_letter_or_digit(text.back()))
    return "a bucket name starts and ends with a letter or digit";
  if (text.contains("..") || text.contains(".-") || text.contains("-."))
    return "a bucket name has no two dots in a row, and no dot beside a hyphen";
  if (looks_like_ipv4(text)) return "a bucket name is not in the shape of an IP address";
  if (std::ranges::any_of(kReservedPrefixes, [&](std::string_view p) { return text.starts_with(p); }))
    return "a bucket name does not start with a reserved prefix";
  if (std::ranges::any_of(kReservedSuffixes, [&](std::string_view s) { return text.ends_with(s); }))
    return "a bucket name does not end with a reserved suffix";
  return {};
}

}  // namespace

Result<BucketName> BucketName::parse(std::string_view text) {
  if (const std::string_view rule = broken_rule(text); !rule.empty())
    return fail(Errc::kInvalidArgument, std::string(rule));
  return BucketName(std::string(text));
}

Result<ObjectKey> ObjectKey::parse(std::string_view text) {
  if (text.empty()) return fail(Errc::kInvalidArgument, "an object key is not empty");
  if (text.size() > kBytesMax) return fail(Errc::kTooLarge, "an object key has at most 1,024 bytes");
  if (text.contains('\0')) return fail(Errc::kInvalidArgument, "an object key has no NUL");
  if (!is_valid_utf8(text)) return fail(Errc::kInvalidArgument, "an object key is UTF-8");
  return ObjectKey(std::string(text));
}

}  // namespace objstore
