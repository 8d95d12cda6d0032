#include "server/http/network_rules.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace objstore::http {
namespace {

// The last element of all headers of that name, which is taken off `rest`; they are one list.
std::string_view take_last(std::vector<std::string_view>& rest) {
  std::string_view& list = rest.back();
  const std::size_t comma = list.rfind(',');
  const std::string_view last = trim(comma == std::string_view::npos ? list : list.substr(comma + 1));
  if (comma == std::string_view::npos) {
    rest.pop_back();
  } else {
    list = list.substr(0, comma);
  }
  return last;
}

std::vector<std::string_view> lists_of(const wire::Headers& headers, std::string_view name) {
  std::vector<std::string_view> lists;
  for (const wire::Header& header : headers)
    if (equals_ignore_case(header.name, name)) lists.push_back(header.value);
  return lists;
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:4711".
std::optional<wire::IpAddress> parse_hop(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    return wire::parse_ip_address(text.substr(1, end - 1));
  }
  if (std::ranges::count(text, ':') == 1) text = text.substr(0, text.find(':'));
  return wire::parse_ip_address(text);
}

}  // namespace

bool AddressRules::admits(const wire::IpAddress& address) const noexcept {
  if (wire::any_contains(deny, address)) return false;
  return allow.empty() || wire::any_contains(allow, address);
}

bool NetworkRules::admits(std::size_t listener, std::string_view address) const {
  const AddressRules none;
  const AddressRules& own = listener < of_listener.size() ? of_listener[listener] : none;
  const bool is_open = every.allow.empty() && every.deny.empty() && own.allow.empty() && own.deny.empty();
  if (is_open) return true;
  const auto parsed = wire::parse_ip_address(address);
  return parsed && every.admits(*parsed) && own.admits(*parsed);
}

// From the right: each proxy wrote down whom it had the request from, and what stands left of the first one that is not
// trusted could have been written by anybody.
Client client_of(const NetworkRules& rules, const wire::Endpoint& peer, bool secure, const wire::Headers& headers) {
  Client client{.address = peer.address, .secure = secure};
  if (rules.proxies.empty()) return client;
  const auto address = wire::parse_ip_address(peer.address);
  if (!address || !wire::any_contains(rules.proxies, *address)) return client;
  auto protocols = lists_of(headers, "x-forwarded-proto");
  if (!protocols.empty()) client.secure = equals_ignore_case(take_last(protocols), "https");
  auto hops = lists_of(headers, "x-forwarded-for");
  while (!hops.empty()) {
    const auto hop = parse_hop(take_last(hops));
    if (!hop) return client;
    client.address = wire::format_ip_address(*hop);
    if (!wire::any_contains(rules.proxies, *hop)) return client;
  }
  return client;
}

}  // namespace objstore::http
