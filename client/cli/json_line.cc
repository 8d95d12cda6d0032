#include "client/cli/json_line.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "common/base/utf8.h"
#include "common/wire/time.h"

namespace objstore::cli {
namespace {

boost::json::string valid_text(std::string_view text) {
  boost::json::string out;
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (step.length == 0) {
      out += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    out.append(text.substr(0, step.length));
    text.remove_prefix(step.length);
  }
  return out;
}

}  // namespace

struct JsonLine::Impl {
  boost::json::object object;
};

JsonLine::JsonLine() : impl_(std::make_unique<Impl>()) {}
JsonLine::JsonLine(JsonLine&&) noexcept = default;
JsonLine& JsonLine::operator=(JsonLine&&) noexcept = default;
JsonLine::~JsonLine() = default;

JsonLine& JsonLine::add(std::string_view name, std::string_view value) {
  impl_->object[name] = valid_text(value);
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, std::uint64_t value) {
  impl_->object[name] = value;
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, bool value) {
  impl_->object[name] = value;
  return *this;
}

JsonLine& JsonLine::add(std::string_view name, const std::map<std::string, std::string>& values) {
  boost::json::object object;
  for (const auto& [key, value] : values) object[key] = valid_text(value);
  impl_->object[name] = std::move(object);
  return *this;
}

JsonLine& JsonLine::add_time(std::string_view name, std::int64_t unix_ms) {
  return add(name, wire::format_iso8601(unix_ms));
}

std::string JsonLine::str() const {
  return boost::json::serialize(impl_->object);
}

}  // namespace objstore::cli
