#include "client/lib/endpoint.h"

#include <catch2/catch.hpp>

namespace objstore::client {
namespace {

TEST_CASE("an endpoint is a scheme, a host and a port") {
  const auto plain = Endpoint::parse("http://127.0.0.1:9000/");
  REQUIRE(plain);
  CHECK_FALSE(plain->secure);
  CHECK(plain->host == "127.0.0.1");
  CHECK(plain->port == 9000);
  CHECK(plain->authority() == "127.0.0.1:9000");
  CHECK(plain->url() == "http://127.0.0.1:9000");
  const auto secure = Endpoint::parse("https://Store.Example");
  REQUIRE(secure);
  CHECK(secure->secure);
  CHECK(secure->port == 443);
  CHECK(secure->authority() == "store.example");
}

TEST_CASE("a port that is the scheme's own is not part of the Host header") {
  CHECK(Endpoint::parse("http://a:80")->authority() == "a");
  CHECK(Endpoint::parse("https://a:80")->authority() == "a:80");
}

TEST_CASE("IPv6 addresses stand in brackets") {
  const auto endpoint = Endpoint::parse("http://[::1]:9000");
  REQUIRE(endpoint);
  CHECK(endpoint->host == "::1");
  CHECK(endpoint->authority() == "[::1]:9000");
}

TEST_CASE("without a scheme only this machine is trusted with plain http") {
  CHECK_FALSE(Endpoint::parse("localhost:9000")->secure);
  CHECK_FALSE(Endpoint::parse("127.0.0.1:9000")->secure);
  CHECK(Endpoint::parse("store.example")->secure);
  CHECK(Endpoint::parse("127.evil.example")->secure);
}

TEST_CASE("what is no endpoint is refused") {
  for (const char* text :
       {"", "http://", "ftp://a", "http://a/b", "http://u:p@a", "http://a?x", "http://a:0", "http://a:x",
        "http://a:70000", "http://[::1", "http://[name]", "http://a b", "http://a\r\nx"}) {
    CAPTURE(text);
    REQUIRE_FALSE(Endpoint::parse(text));
    CHECK(Endpoint::parse(text).error().code == Errc::kInvalidArgument);
  }
}

TEST_CASE("path style puts the bucket into the path, virtual-host style into the host") {
  const auto endpoint = Endpoint::parse("https://store.example:9000").value();
  const auto path = locate(endpoint, Addressing::kPath, "bkt", "a b/\xC3\xA4+");
  CHECK(path.path == "/bkt/a%20b/%C3%A4%2B");
  CHECK(path.endpoint.host == "store.example");
  const auto virtual_host = locate(endpoint, Addressing::kVirtualHost, "bkt", "k");
  CHECK(virtual_host.path == "/k");
  CHECK(virtual_host.endpoint.authority() == "bkt.store.example:9000");
  CHECK(locate(endpoint, Addressing::kVirtualHost, "bkt", "").path == "/");
  CHECK(locate(endpoint, Addressing::kPath, "bkt", "").path == "/bkt");
  CHECK(locate(endpoint, Addressing::kPath, "", "").path == "/");
}

TEST_CASE("no name can go before an IP address") {
  const auto endpoint = Endpoint::parse("http://127.0.0.1:9000").value();
  CHECK(locate(endpoint, Addressing::kVirtualHost, "bkt", "k").path == "/bkt/k");
}

TEST_CASE("keys with empty and dotted segments go out as they are") {
  const auto endpoint = Endpoint::parse("http://a").value();
  CHECK(locate(endpoint, Addressing::kPath, "b", "/x//../y").path == "/b//x//../y");
}

}  // namespace
}  // namespace objstore::client
