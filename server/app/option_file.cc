// The TOML form of the options; the only file of this folder that knows toml++.
#include <toml++/toml.h>

#include <algorithm>

#include "server/app/option_table.h"
#include "server/app/option_values.h"

namespace objstore::app {
namespace {

std::string origin(std::string_view name, const toml::source_region& where) {
  return std::string(name) + ":" + std::to_string(where.begin.line);
}

// A value as the text that the other two forms would give.
std::optional<std::string> text_of(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  return std::nullopt;
}

const Option* option_of(std::string_view key) {
  const auto found = std::ranges::find_if(options(), [&](const Option& o) { return o.in_file && o.file_key() == key; });
  return found == options().end() ? nullptr : &*found;
}

Status read_value(const Option& option, const toml::node& node, std::string_view name, OptionLayer& layer) {
  auto& values = layer[std::string(option.name)];
  const auto add = [&](const toml::node& element) -> Status {
    const auto where = origin(name, element.source());
    const auto text = text_of(element);
    if (!text)
      return fail(Errc::kMalformed, where + ": \"" + option.file_key() + "\" must be text, a number or a boolean");
    values.push_back({.text = *text, .origin = where + ": " + option.file_key()});
    return {};
  };
  const auto* list = option.repeatable ? node.as_array() : nullptr;
  if (list == nullptr) return add(node);
  for (const auto& element : *list) OBJSTORE_TRY(add(element));
  return {};
}

}  // namespace

Result<OptionLayer> read_option_file(std::string_view text, std::string_view name) {
  OptionLayer layer;
  try {
    const toml::table document = toml::parse(text, name);
    for (const auto& [key, node] : document) {
      const auto* option = option_of(key.str());
      if (option == nullptr)
        return fail(Errc::kMalformed, origin(name, key.source()) + ": unknown key \"" + std::string(key.str()) + "\"");
      OBJSTORE_TRY(read_value(*option, node, name, layer));
    }
  } catch (const toml::parse_error& error) {
    return fail(Errc::kMalformed, origin(name, error.source()) + ": " + std::string(error.description()));
  }
  return layer;
}

}  // namespace objstore::app
