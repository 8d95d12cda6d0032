#include "server/app/network_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <initializer_list>

#include "server/app/option_table.h"
#include "server/auth/private_file.h"

namespace objstore::app {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1} << 20;
constexpr std::size_t kNetworksMax = 10'000;  // of a list: each connection is compared with all of them

class Reader {
 public:
  Reader(std::string_view name, const std::vector<Listen>& listen) : name_(name), listen_(listen) {}

  Result<http::NetworkRules> read(const toml::table& document) const {
    OBJSTORE_TRY(only(document, {"allow", "deny", "trusted_proxies", "listener"}));
    http::NetworkRules rules;
    OBJSTORE_ASSIGN(rules.every, read_rules(document));
    OBJSTORE_ASSIGN(rules.proxies, networks(document, "trusted_proxies"));
    rules.of_listener.resize(listen_.size());
    const auto* node = document.get("listener");
    if (node == nullptr) return rules;
    const auto* array = node->as_array();
    if (array == nullptr) return mistake(node->source(), "\"listener\" must be written as [[listener]]");
    for (const auto& element : *array) {
      if (!element.is_table()) return mistake(element.source(), "\"listener\" must be a table");
      OBJSTORE_TRY(read_listener(*element.as_table(), rules));
    }
    return rules;
  }

  std::unexpected<Error> mistake(const toml::source_region& where, std::string_view what) const {
    return fail(Errc::kMalformed, name_ + ":" + std::to_string(where.begin.line) + ": " + std::string(what));
  }

 private:
  Status only(const toml::table& table, std::initializer_list<std::string_view> known) const {
    for (const auto& [key, value] : table)
      if (std::ranges::find(known, key.str()) == known.end())
        return mistake(key.source(), "unknown key \"" + std::string(key.str()) + "\"");
    return {};
  }

  Result<std::vector<wire::IpNetwork>> networks(const toml::table& table, std::string_view key) const {
    std::vector<wire::IpNetwork> out;
    const auto* node = table.get(key);
    if (node == nullptr) return out;
    const auto* array = node->as_array();
    if (array == nullptr || array->size() > kNetworksMax)
      return mistake(node->source(), "\"" + std::string(key) + "\" must be a list of at most 10000 networks");
    for (const auto& element : *array) {
      const auto network = wire::IpNetwork::parse(element.value_or(std::string_view()));
      if (!network) return mistake(element.source(), "expected a network, such as \"192.0.2.0/24\" or \"2001:db8::1\"");
      out.push_back(*network);
    }
    return out;
  }

  Result<http::AddressRules> read_rules(const toml::table& table) const {
    http::AddressRules rules;
    OBJSTORE_ASSIGN(rules.allow, networks(table, "allow"));
    OBJSTORE_ASSIGN(rules.deny, networks(table, "deny"));
    // An empty list would let everybody in, which is not what an empty list of who is let in says.
    if (rules.allow.empty() && table.contains("allow"))
      return mistake(table.get("allow")->source(), "\"allow\" must name a network; without \"allow\" everybody is");
    return rules;
  }

  Status read_listener(const toml::table& table, http::NetworkRules& rules) const {
    OBJSTORE_TRY(only(table, {"listen", "allow", "deny"}));
    const auto text = table["listen"].value<std::string>();
    if (!text) return mistake(table.source(), "a listener needs \"listen\", as it is given to --listen");
    const auto wanted = parse_listen(*text);
    if (!wanted) return mistake(table.get("listen")->source(), wanted.error().message);
    const auto it = std::ranges::find_if(
        listen_, [&](const Listen& one) { return one.host == wanted->host && one.port == wanted->port; });
    if (it == listen_.end()) return mistake(table.get("listen")->source(), "the server does not listen on " + *text);
    auto& own = rules.of_listener[static_cast<std::size_t>(it - listen_.begin())];
    OBJSTORE_ASSIGN(own, read_rules(table));
    return {};
  }

  std::string name_;
  const std::vector<Listen>& listen_;
};

}  // namespace

Result<http::NetworkRules> parse_network_file(std::string_view text, std::string_view name,
                                              const std::vector<Listen>& listen) {
  const Reader reader(name, listen);
  try {
    return reader.read(toml::parse(text, name));
  } catch (const toml::parse_error& error) {
    return reader.mistake(error.source(), error.description());
  }
}

Result<http::NetworkRules> load_network_file(const std::string& path, const std::vector<Listen>& listen) {
  OBJSTORE_ASSIGN(const auto content, auth::read_small_file(path, kFileBytesMax));
  if (!content) return fail(Errc::kNotFound, path + ": no such file");
  return parse_network_file(*content, path, listen);
}

}  // namespace objstore::app
