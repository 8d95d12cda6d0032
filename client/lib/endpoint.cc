#include "client/lib/endpoint.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::uint16_t kHttpPort = 80;
constexpr std::uint16_t kHttpsPort = 443;

std::unexpected<Error> bad(std::string_view text, std::string_view what) {
  return fail(Errc::kInvalidArgument, "'" + std::string(text) + "' is not an endpoint: " + std::string(what));
}

bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

bool is_ipv6_char(char c) {
  return is_host_char(c) || c == ':' || c == '%';
}

bool is_ip_literal(std::string_view host) {
  if (host.contains(':')) return true;
  return std::ranges::all_of(host, [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || (host.starts_with("127.") && is_ip_literal(host));
}

// Splits "host:port" or "[v6]:port" in place: what is left of `authority` is the port's text, with its colon.
Result<std::string> take_host(std::string_view text, std::string_view& authority) {
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == std::string_view::npos) return bad(text, "no ']' after the IPv6 address");
    const std::string host(authority.substr(1, end - 1));
    authority.remove_prefix(end + 1);
    if (!host.contains(':') || !std::ranges::all_of(host, is_ipv6_char))
      return bad(text, "no IPv6 address in brackets");
    return host;
  }
  const auto colon = authority.find(':');
  const std::string host(authority.substr(0, colon));
  authority.remove_prefix(host.size());
  if (host.empty() || !std::ranges::all_of(host, is_host_char)) return bad(text, "no host name");
  return to_lower(host);
}

}  // namespace

Result<Endpoint> Endpoint::parse(std::string_view text) {
  std::string_view rest = trim(text);
  Endpoint endpoint;
  bool scheme_given = true;
  if (const auto end = rest.find("://"); end != std::string_view::npos) {
    const std::string scheme = to_lower(rest.substr(0, end));
    if (scheme != "http" && scheme != "https") return bad(text, "it starts with neither http:// nor https://");
    endpoint.secure = scheme == "https";
    rest.remove_prefix(end + 3);
  } else {
    scheme_given = false;
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) {
    return bad(text, "only scheme, host and port belong there");
  }
  OBJSTORE_ASSIGN(endpoint.host, take_host(text, rest));
  if (!scheme_given) endpoint.secure = !is_loopback(endpoint.host);
  const std::uint16_t usual = endpoint.secure ? kHttpsPort : kHttpPort;
  endpoint.port = usual;
  if (!rest.empty()) {
    const auto port = rest.starts_with(':') ? parse_u64(rest.substr(1)) : std::nullopt;
    if (!port || *port == 0 || *port > 65535) return bad(text, "the port is not a number from 1 to 65535");
    endpoint.port = static_cast<std::uint16_t>(*port);
  }
  endpoint.port_given = endpoint.port != usual;
  return endpoint;
}

std::string Endpoint::authority() const {
  std::string out = host.contains(':') ? "[" + host + "]" : host;
  if (port_given) out += ":" + std::to_string(port);
  return out;
}

std::string Endpoint::url() const {
  return (secure ? "https://" : "http://") + authority();
}

Location locate(const Endpoint& endpoint, Addressing addressing, std::string_view bucket, std::string_view key) {
  Location out{.endpoint = endpoint, .path = "/"};
  const std::string encoded_key = wire::percent_encode(key, wire::Slash::kKeep);
  if (bucket.empty()) return out;
  if (addressing == Addressing::kVirtualHost && !is_ip_literal(endpoint.host)) {
    out.endpoint.host = std::string(bucket) + "." + endpoint.host;
    out.path += encoded_key;
    return out;
  }
  out.path += bucket;
  if (!key.empty()) out.path += "/" + encoded_key;
  return out;
}

}  // namespace objstore::client
