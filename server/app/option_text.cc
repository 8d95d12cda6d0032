#include <algorithm>
#include <array>
#include <limits>

#include "common/base/bytes.h"
#include "server/app/option_table.h"

namespace objstore::app {
namespace {

std::unexpected<Error> expected(std::string_view what) {
  return fail(Errc::kInvalidArgument, "expected " + std::string(what));
}

}  // namespace

Result<Listen> parse_listen(std::string_view text) {
  constexpr std::string_view kShape = "HOST:PORT, [v6]:PORT or :PORT";
  Listen listen;
  for (const auto& [prefix, scheme] : {std::pair<std::string_view, Listen::Scheme>{"http://", Listen::Scheme::kHttp},
                                       {"https://", Listen::Scheme::kHttps}})
    if (text.starts_with(prefix)) {
      listen.scheme = scheme;
      text.remove_prefix(prefix.size());
    }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return expected(kShape);
  const auto port = parse_u64(text.substr(colon + 1));
  if (!port || *port > std::numeric_limits<std::uint16_t>::max()) return expected("a port from 0 to 65535");
  listen.port = static_cast<std::uint16_t>(*port);
  auto host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find_first_of(":[]") != std::string_view::npos)
    return expected(kShape);
  if (host.find_first_of(" /") != std::string_view::npos) return expected(kShape);
  if (host != "*") listen.host = host;
  return listen;
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, std::uint64_t>, 10> kUnits{{{"", 1},
                                                                               {"B", 1},
                                                                               {"KiB", std::uint64_t{1} << 10},
                                                                               {"MiB", std::uint64_t{1} << 20},
                                                                               {"GiB", std::uint64_t{1} << 30},
                                                                               {"TiB", std::uint64_t{1} << 40},
                                                                               {"KB", 1'000},
                                                                               {"MB", 1'000'000},
                                                                               {"GB", 1'000'000'000},
                                                                               {"TB", 1'000'000'000'000}}};
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_u64(text.substr(0, digits));
  const auto suffix = trim(text.substr(digits));
  for (const auto& [unit, factor] : kUnits)
    if (number && suffix == unit && *number <= std::numeric_limits<std::uint64_t>::max() / factor)
      return *number * factor;
  return expected("a size, such as 65536, 64MiB or 2GB");
}

Result<bool> parse_switch(std::string_view text) {
  const auto word = to_lower(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return expected("true or false");
}

}  // namespace objstore::app
