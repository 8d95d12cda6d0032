// Addresses and networks of IPv4 and IPv6, for rules about where a request comes from. Values; pure; any thread.
//
// An IPv4-mapped IPv6 address is the IPv4 address, here and in networks: a rule cannot be passed by another spelling.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace objstore::wire {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // IPv4 in the first four
  bool v6 = false;
  bool operator==(const IpAddress&) const = default;
};

// Numeric; strict: no zone, no brackets, no octal.
std::optional<IpAddress> parse_ip_address(std::string_view text);
std::string format_ip_address(const IpAddress& address);

// An address and how many of its leading bits count.
class IpNetwork {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address. Bits behind the prefix may be set; they do not count.
  static std::optional<IpNetwork> parse(std::string_view text);
  bool contains(const IpAddress& address) const noexcept;
  bool v6() const noexcept { return base_.v6; }
  unsigned prefix_bits() const noexcept { return bits_; }

 private:
  IpAddress base_;
  unsigned bits_ = 0;
};

bool any_contains(std::span<const IpNetwork> networks, const IpAddress& address) noexcept;

}  // namespace objstore::wire
