#include "common/wire/ip_network.h"

#include <catch2/catch.hpp>

using namespace objstore::wire;

namespace {

bool lies_in(const char* address, const char* network) {
  const auto a = parse_ip_address(address);
  const auto n = IpNetwork::parse(network);
  REQUIRE(a);
  REQUIRE(n);
  return n->contains(*a);
}

}  // namespace

TEST_CASE("an address lies in the networks whose prefix it has") {
  CHECK(lies_in("10.1.2.3", "10.0.0.0/8"));
  CHECK(lies_in("10.1.2.3", "0.0.0.0/0"));
  CHECK(lies_in("10.1.2.3", "10.1.2.3"));
  CHECK(lies_in("10.1.2.3", "10.1.2.2/31"));
  CHECK_FALSE(lies_in("10.1.2.3", "10.1.2.4/30"));
  CHECK_FALSE(lies_in("11.1.2.3", "10.0.0.0/8"));
  CHECK(lies_in("2001:db8::1", "2001:db8::/32"));
  CHECK(lies_in("2001:db8::1", "::/0"));
  CHECK_FALSE(lies_in("2001:db9::1", "2001:db8::/32"));
  CHECK_FALSE(lies_in("::1", "0.0.0.0/0"));
  CHECK_FALSE(lies_in("127.0.0.1", "::/0"));
}

TEST_CASE("an IPv4-mapped address is the IPv4 address, on both sides") {
  CHECK(parse_ip_address("::ffff:10.1.2.3") == parse_ip_address("10.1.2.3"));
  CHECK(lies_in("::ffff:10.1.2.3", "10.0.0.0/8"));
  CHECK(lies_in("10.1.2.3", "::ffff:10.0.0.0/104"));
  CHECK_FALSE(lies_in("11.1.2.3", "::ffff:10.0.0.0/104"));
  CHECK_FALSE(IpNetwork::parse("::ffff:10.0.0.0/90"));
  CHECK(format_ip_address(*parse_ip_address("::FFFF:0a01:0203")) == "10.1.2.3");
  CHECK(format_ip_address(*parse_ip_address("2001:DB8:0::1")) == "2001:db8::1");
}

TEST_CASE("what is no address or network is refused") {
  using namespace std::string_view_literals;
  for (const auto text : {""sv, "10.0.0"sv, "10.0.0.256"sv, "010.0.0.1"sv, "1.2.3.4 "sv, "[::1]"sv, "fe80::1%eth0"sv,
                          "localhost"sv, "1.2.3.4\0"sv})
    CHECK_FALSE(parse_ip_address(text));
  for (const auto text : {"10.0.0.0/33"sv, "10.0.0.0/"sv, "10.0.0.0/+8"sv, "::/129"sv, "/8"sv, "10.0.0.0/8/8"sv})
    CHECK_FALSE(IpNetwork::parse(text));
}
