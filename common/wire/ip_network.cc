#include "common/wire/ip_network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstring>

#include "common/base/bytes.h"

namespace objstore::wire {
namespace {

constexpr unsigned kBits4 = 32;
constexpr unsigned kBits6 = 128;
constexpr unsigned kMappedBits = 96;  // ::ffff:0:0/96

bool is_mapped(const std::array<std::uint8_t, 16>& bytes) {
  return std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t b) { return b == 0; }) && bytes[10] == 0xff &&
         bytes[11] == 0xff;
}

struct Parsed {
  IpAddress address;
  bool mapped = false;
};

std::optional<Parsed> parse(std::string_view text) {
  Parsed out;
  const std::string terminated(text);
  if (terminated.size() != std::strlen(terminated.c_str())) return std::nullopt;
  if (::inet_pton(AF_INET, terminated.c_str(), out.address.bytes.data()) == 1) return out;
  if (::inet_pton(AF_INET6, terminated.c_str(), out.address.bytes.data()) != 1) return std::nullopt;
  out.mapped = is_mapped(out.address.bytes);
  out.address.v6 = !out.mapped;
  if (out.mapped) {
    std::copy_n(out.address.bytes.begin() + 12, 4, out.address.bytes.begin());
    std::fill(out.address.bytes.begin() + 4, out.address.bytes.end(), std::uint8_t{0});
  }
  return out;
}

}  // namespace

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const auto parsed = parse(text);
  return parsed ? std::optional(parsed->address) : std::nullopt;
}

std::string format_ip_address(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text.data(), text.size());
  return text.data();
}

std::optional<IpNetwork> IpNetwork::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto parsed = objstore::wire::parse(text.substr(0, slash));
  if (!parsed) return std::nullopt;
  IpNetwork out;
  out.base_ = parsed->address;
  out.bits_ = parsed->address.v6 ? kBits6 : kBits4;
  if (slash == std::string_view::npos) return out;
  const auto bits = parse_u64(text.substr(slash + 1));
  // A prefix of a mapped address counts from the front of the IPv6 form; one that is wider is no IPv4 network.
  const unsigned lead = parsed->mapped ? kMappedBits : 0;
  if (!bits || *bits < lead || *bits - lead > out.bits_) return std::nullopt;
  out.bits_ = static_cast<unsigned>(*bits) - lead;
  return out;
}

bool IpNetwork::contains(const IpAddress& address) const noexcept {
  if (address.v6 != base_.v6) return false;
  const std::size_t whole = bits_ / 8;
  if (!std::equal(base_.bytes.begin(), base_.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin()))
    return false;
  const unsigned rest = bits_ % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
  return (base_.bytes[whole] & mask) == (address.bytes[whole] & mask);
}

bool any_contains(std::span<const IpNetwork> networks, const IpAddress& address) noexcept {
  return std::ranges::any_of(networks, [&](const IpNetwork& network) { return network.contains(address); });
}

}  // namespace objstore::wire
