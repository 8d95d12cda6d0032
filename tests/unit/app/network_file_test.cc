#include "server/app/network_file.h"

#include <catch2/catch.hpp>

#include "server/app/option_table.h"

using namespace objstore;
using namespace objstore::app;

namespace {

const std::vector<Listen> kListen{parse_listen("127.0.0.1:9000").value(), parse_listen("https://[::]:9443").value()};

std::string complaint(std::string_view text) {
  const auto rules = parse_network_file(text, "net.toml", kListen);
  return rules ? "" : rules.error().message;
}

}  // namespace

TEST_CASE("a network file has rules for all listeners, for each, and trusted proxies") {
  const auto rules = parse_network_file(R"(
deny = ["203.0.113.0/24"]
trusted_proxies = ["10.0.0.1"]
[[listener]]
listen = "https://[::]:9443"
allow = ["2001:db8::/32", "192.0.2.1"]
)",
                                        "net.toml", kListen);
  REQUIRE(rules);
  CHECK(rules->admits(0, "198.51.100.1"));
  CHECK_FALSE(rules->admits(0, "203.0.113.1"));
  CHECK_FALSE(rules->admits(1, "198.51.100.1"));
  CHECK(rules->admits(1, "192.0.2.1"));
  CHECK(rules->proxies.size() == 1);
  CHECK(parse_network_file("", "net.toml", kListen)->admits(0, "198.51.100.1"));
}

TEST_CASE("what is wrong in a network file is named with its line") {
  CHECK(complaint("alow = []\n") == "net.toml:1: unknown key \"alow\"");
  CHECK(complaint("\nallow = [\"10.0.0.0/40\"]\n").starts_with("net.toml:2: expected a network"));
  CHECK(complaint("deny = [1]\n").starts_with("net.toml:1: expected a network"));
  CHECK(complaint("deny = \"10.0.0.1\"\n").find("must be a list") != std::string::npos);
  CHECK(complaint("allow = []\n").find("must name a network") != std::string::npos);
  CHECK(complaint("[[listener]]\nlisten = \"127.0.0.1:9001\"\n") ==
        "net.toml:2: the server does not listen on 127.0.0.1:9001");
  CHECK(complaint("[[listener]]\nallow = [\"10.0.0.1\"]\n").find("needs \"listen\"") != std::string::npos);
  CHECK(complaint("listener = 1\n").find("[[listener]]") != std::string::npos);
  CHECK(complaint("deny = [").starts_with("net.toml:1: "));
}
