#include "server/api/s3/unsupported.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"

namespace objstore::s3 {
namespace {

constexpr auto kUnsupportedPrefixes = std::to_array<std::string_view>(
    {"x-amz-server-side-encryption", "x-amz-copy-source-server-side-encryption", "x-amz-object-lock-"});
constexpr auto kUnsupported = std::to_array<std::string_view>({"x-amz-write-offset-bytes"});

struct Tolerated {
  std::string_view header;
  std::string_view value;
};
// Values that say what is the case here anyway.
constexpr auto kTolerated = std::to_array<Tolerated>({
    {"x-amz-object-ownership", "BucketOwnerEnforced"},
    {"x-amz-bucket-object-lock-enabled", "false"},
});

std::unexpected<Failure> not_provided(std::string_view header, std::string_view value) {
  return refuse(Code::kNotImplemented, "A header you provided implies functionality that is not implemented",
                {{"Header", std::string(header)}, {"Value", std::string(value)}});
}

bool is_tolerated(std::string_view name, std::string_view value) {
  const auto governs = [&](const Tolerated& t) { return t.header == name; };
  if (std::ranges::none_of(kTolerated, governs)) return true;
  return std::ranges::any_of(
      kTolerated, [&](const Tolerated& t) { return t.header == name && equals_ignore_case(t.value, value); });
}

}  // namespace

Outcome<void> refuse_unsupported(const Call& call) {
  for (const wire::Header& header : call.head.headers) {
    const std::string name = to_lower(header.name);
    const auto starts = [&](std::string_view prefix) { return name.starts_with(prefix); };
    if (std::ranges::any_of(kUnsupportedPrefixes, starts) || std::ranges::count(kUnsupported, name) > 0)
      return not_provided(name, name.ends_with("customer-key") ? std::string_view() : header.value);
    if (!is_tolerated(name, header.value)) return not_provided(name, header.value);
  }
  return {};
}

Outcome<void> check_bucket_owner(const Call& call) {
  const auto expected = call.header("x-amz-expected-bucket-owner");
  if (!expected || !call.bucket_info || call.bucket_info->owner_account == *expected) return {};
  return refuse(Code::kAccessDenied);
}

}  // namespace objstore::s3
