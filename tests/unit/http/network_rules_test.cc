// G9: where a request comes from, and who may connect.
#include "server/http/network_rules.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::http;

namespace {

std::vector<wire::IpNetwork> networks(std::initializer_list<const char*> texts) {
  std::vector<wire::IpNetwork> out;
  for (const char* text : texts) out.push_back(wire::IpNetwork::parse(text).value());
  return out;
}

Client from(const std::string& peer, std::initializer_list<std::pair<const char*, const char*>> headers) {
  NetworkRules rules;
  rules.proxies = networks({"10.0.0.1", "10.0.1.0/24", "fd00::/8"});
  wire::Headers list;
  for (const auto& [name, value] : headers) list.add(name, value);
  return client_of(rules, {peer, 4711}, false, list);
}

}  // namespace

TEST_CASE("deny goes before allow, and without allow everybody may come") {
  NetworkRules rules;
  CHECK(rules.admits(0, "192.0.2.1"));
  rules.every.deny = networks({"203.0.113.0/24"});
  CHECK(rules.admits(0, "192.0.2.1"));
  CHECK_FALSE(rules.admits(0, "203.0.113.9"));
  CHECK_FALSE(rules.admits(0, "::ffff:203.0.113.9"));
  rules.every.allow = networks({"203.0.113.0/24", "192.0.2.0/24"});
  CHECK_FALSE(rules.admits(0, "203.0.113.9"));
  CHECK_FALSE(rules.admits(0, "198.51.100.1"));
  CHECK_FALSE(rules.admits(0, "2001:db8::1"));
}

TEST_CASE("a listener's rules hold beside those of all") {
  NetworkRules rules;
  rules.every.deny = networks({"192.0.2.66"});
  rules.of_listener.resize(2);
  rules.of_listener[1].allow = networks({"192.0.2.0/24"});
  CHECK(rules.admits(0, "198.51.100.1"));
  CHECK_FALSE(rules.admits(1, "198.51.100.1"));
  CHECK(rules.admits(1, "192.0.2.1"));
  CHECK_FALSE(rules.admits(1, "192.0.2.66"));
  CHECK(rules.admits(2, "198.51.100.1"));
}

TEST_CASE("G9: forwarding headers of a peer that is no trusted proxy mean nothing") {
  const auto client = from("198.51.100.1", {{"X-Forwarded-For", "192.0.2.1"}, {"X-Forwarded-Proto", "https"}});
  CHECK(client.address == "198.51.100.1");
  CHECK_FALSE(client.secure);
}

TEST_CASE("G9: the client is the right-most hop that is no trusted proxy") {
  const auto of = [](const char* value) { return from("10.0.0.1", {{"X-Forwarded-For", value}}).address; };
  CHECK(of("192.0.2.1") == "192.0.2.1");
  CHECK(of("6.6.6.6, 192.0.2.1") == "192.0.2.1");
  CHECK(of("6.6.6.6, 192.0.2.1, 10.0.1.7") == "192.0.2.1");
  CHECK(of("10.0.1.7,10.0.1.8") == "10.0.1.7");
  CHECK(of("2001:DB8::1") == "2001:db8::1");
  CHECK(of("[2001:db8::1]:443") == "2001:db8::1");
  CHECK(of("192.0.2.1:443") == "192.0.2.1");
  CHECK(of("::ffff:192.0.2.1") == "192.0.2.1");
  // Left of what is no address anything could stand.
  CHECK(of("192.0.2.1, unknown") == "10.0.0.1");
  CHECK(of("192.0.2.1, unknown, 10.0.1.7") == "10.0.1.7");
  CHECK(of("") == "10.0.0.1");
  CHECK(from("10.0.0.1", {}).address == "10.0.0.1");
  CHECK(from("10.0.0.1", {{"X-Real-IP", "6.6.6.6"}, {"Forwarded", "for=6.6.6.6"}}).address == "10.0.0.1");
  CHECK(from("fd00::1", {{"x-forwarded-for", "6.6.6.6"}, {"X-FORWARDED-FOR", "192.0.2.1"}}).address == "192.0.2.1");
}

TEST_CASE("G10: a trusted proxy says whether its client came by TLS") {
  CHECK(from("10.0.0.1", {{"X-Forwarded-Proto", "https"}}).secure);
  CHECK(from("10.0.0.1", {{"X-Forwarded-Proto", "http, HTTPS"}}).secure);
  CHECK_FALSE(from("10.0.0.1", {{"X-Forwarded-Proto", "https, http"}}).secure);
  CHECK_FALSE(from("10.0.0.1", {{"X-Forwarded-Proto", "https"}, {"X-Forwarded-Proto", "http"}}).secure);
  CHECK_FALSE(from("10.0.0.1", {}).secure);
}
