#include "server/api/s3/arguments.h"

#include <algorithm>
#include <limits>

#include "common/base/bytes.h"
#include "common/wire/uri.h"

namespace objstore::s3 {

std::unexpected<Failure> invalid_argument(std::string message, std::string_view name, std::string_view value) {
  return refuse(Code::kInvalidArgument, std::move(message),
                {{"ArgumentName", std::string(name)}, {"ArgumentValue", std::string(value)}});
}

Outcome<std::size_t> read_page_size(const Call& call, std::string_view name, std::size_t most) {
  const std::string_view text = call.param(name).value_or("");
  if (text.empty()) return most;
  const auto value = parse_u64(text);
  if (!value || *value > std::numeric_limits<std::int32_t>::max())
    return invalid_argument("Argument " + std::string(name) + " must be an integer between 0 and 2147483647", name,
                            text);
  return static_cast<std::size_t>(std::min<std::uint64_t>(*value, most));
}

Outcome<bool> read_url_encoding(const Call& call) {
  const std::string_view text = call.param("encoding-type").value_or("");
  if (text.empty()) return false;
  if (!equals_ignore_case(text, "url"))
    return invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", text);
  return true;
}

Outcome<std::uint32_t> read_part_number(const Call& call) {
  const std::string_view text = call.param("partNumber").value_or("");
  const auto value = parse_u64(text);
  if (!value || *value < 1 || *value > model::kPartNumberMax)
    return invalid_argument("Part number must be an integer between 1 and 10000, inclusive", "partNumber", text);
  return static_cast<std::uint32_t>(*value);
}

Outcome<model::VersionChoice> read_version(const Call& call) {
  const auto id = call.param("versionId");
  if (!id) return model::VersionChoice();
  auto version = model::VersionId::parse(*id);
  if (!version) return invalid_argument(version.error().message, "versionId", *id);
  return model::VersionChoice(std::move(*version));
}

Outcome<bool> read_flag(const Call& call, std::string_view header) {
  const auto value = call.header(header);
  if (!value || equals_ignore_case(*value, "false")) return false;
  if (equals_ignore_case(*value, "true")) return true;
  return invalid_argument("The value is neither true nor false", header, *value);
}

std::string listed(std::string_view text, bool url_encoding) {
  return url_encoding ? wire::percent_encode(text, wire::Slash::kKeep) : std::string(text);
}

}  // namespace objstore::s3
