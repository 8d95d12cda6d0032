#include "server/model/version_id.h"

#include <array>

#include "common/base/bytes.h"
#include "common/base/digest.h"

namespace objstore::model {
namespace {

constexpr std::size_t kHalfBytes = 8;  // of the veiled sequence, and of what veils it

}  // namespace

VersionId VersionId::make(std::uint64_t sequence) {
  std::array<std::byte, kHalfBytes> veil{};
  fill_random(veil);
  std::string raw;
  append_u64_be(raw, sequence ^ read_u64_be(as_text(veil)));
  raw.append(as_text(veil));
  return VersionId(to_hex(as_bytes(raw)), sequence);
}

Result<VersionId> VersionId::parse(std::string_view text) {
  if (text == "null") return null();
  const auto raw = from_hex(text);
  // Compared as text later on, so there is one spelling of each.
  if (!raw || raw->size() != 2 * kHalfBytes || to_hex(as_bytes(*raw)) != text) {
    return fail(Errc::kInvalidArgument, "Invalid version id specified");
  }
  const std::string_view bytes(*raw);
  return VersionId(std::string(text), read_u64_be(bytes) ^ read_u64_be(bytes.substr(kHalfBytes)));
}

}  // namespace objstore::model
