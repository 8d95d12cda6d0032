#include "server/app/report_json.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "common/base/bytes.h"
#include "common/base/log.h"

namespace objstore::app {

namespace json = boost::json;

namespace {

storage::Owner owner_of(const json::object& in) {
  const auto text = [&](std::string_view name) {
    const auto* value = in.if_contains(name);
    return value == nullptr ? std::string() : json::value_to<std::string>(*value);
  };
  storage::Owner owner{text("bucket"), text("key"), text("version"), text("upload")};
  if (const auto* part = in.if_contains("part")) owner.part = json::value_to<std::uint32_t>(*part);
  return owner;
}

}  // namespace

std::string json_text(const std::string& text) {
  return is_valid_utf8(text) ? text : log::escape(text);
}

json::object owner_json(const storage::Owner& owner) {
  json::object out{{"bucket", json_text(owner.bucket)}, {"key", json_text(owner.key)}};
  if (!owner.version.empty()) out["version"] = json_text(owner.version);
  if (!owner.upload.empty()) out["upload"] = json_text(owner.upload);
  if (owner.part != 0) out["part"] = owner.part;
  return out;
}

std::string owners_text(const json::object& document) {
  std::string out;
  const auto& owners = document.at("owners").as_array();
  for (const auto& owner : owners) out += "  concerns " + to_string(owner_of(owner.as_object())) + "\n";
  const auto count = json::value_to<std::uint64_t>(document.at("owners_count"));
  if (count > owners.size()) out += fmt::format("  and {} others\n", count - owners.size());
  return out;
}

}  // namespace objstore::app
