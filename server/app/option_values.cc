#include "server/app/option_values.h"

#include "common/base/bytes.h"
#include "server/app/option_table.h"
#include "server/auth/private_file.h"

namespace objstore::app {
namespace {

std::vector<std::string> split_commas(std::string_view text) {
  std::vector<std::string> pieces;
  for (;;) {
    const auto comma = std::min(text.find(','), text.size());
    if (const auto piece = trim(text.substr(0, comma)); !piece.empty()) pieces.emplace_back(piece);
    if (comma == text.size()) return pieces;
    text.remove_prefix(comma + 1);
  }
}

Status apply(Config& config, const Option& option, const std::vector<GivenValue>& values) {
  if (!option.repeatable && values.size() > 1)
    return fail(Errc::kInvalidArgument, values.back().origin + ": given more than once");
  for (const auto& value : values)
    if (auto set = option.set(config, value.text); !set)
      return fail(Errc::kInvalidArgument,
                  value.origin + ": \"" + log::escape(value.text) + "\": " + set.error().message);
  return {};
}

// What single options cannot know.
Status check(const Config& config) {
  if (config.tls_cert.empty() != config.tls_key.empty())
    return fail(Errc::kInvalidArgument, "tls-cert and tls-key go together: give both or none");
  for (const auto& listen : config.listen)
    if (listen.scheme == Listen::Scheme::kHttps && config.tls_cert.empty())
      return fail(Errc::kInvalidArgument, "an https:// listener needs tls-cert and tls-key");
  return {};
}

}  // namespace

OptionLayer read_environment(const Environment& environment) {
  OptionLayer layer;
  for (const auto& option : options()) {
    const auto name = option.environment();
    const auto text = environment(name);
    if (!text) continue;
    const auto pieces = option.repeatable ? split_commas(*text) : std::vector<std::string>{*text};
    for (const auto& piece : pieces) layer[std::string(option.name)].push_back({.text = piece, .origin = name});
  }
  return layer;
}

Result<Config> make_config(const std::vector<OptionLayer>& layers) {
  Config config;
  for (const auto& option : options())
    for (const auto& layer : layers) {
      const auto given = layer.find(option.name);
      if (given == layer.end()) continue;
      OBJSTORE_TRY(apply(config, option, given->second));
      break;
    }
  if (config.listen.empty()) config.listen.push_back(parse_listen("127.0.0.1:9000").value());
  OBJSTORE_TRY(check(config));
  return config;
}

Result<Config> load_config(const OptionLayer& command_line, const Environment& environment) {
  const auto from_environment = read_environment(environment);
  OptionLayer from_file;
  for (const auto* layer : {&command_line, &from_environment}) {
    const auto given = layer->find("config");
    if (given == layer->end()) continue;
    const auto& path = given->second.front().text;
    OBJSTORE_ASSIGN(const auto text, auth::read_small_file(path));
    if (!text) return fail(Errc::kNotFound, given->second.front().origin + ": " + path + ": no such file");
    OBJSTORE_ASSIGN(from_file, read_option_file(*text, path));
    break;
  }
  return make_config({command_line, from_environment, from_file});
}

}  // namespace objstore::app
