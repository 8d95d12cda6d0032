#include "server/app/option_table.h"

#include <catch2/catch.hpp>
#include <set>

using namespace objstore;
using namespace objstore::app;

TEST_CASE("every option has one name in each of its three forms, and a text") {
  std::set<std::string> names;
  for (const auto& option : options()) {
    INFO(option.name);
    CHECK(names.insert(std::string(option.name)).second);
    CHECK_FALSE(option.help.empty());
    CHECK(option.set != nullptr);
  }
  const auto* option = find_option("tls-cert");
  REQUIRE(option != nullptr);
  CHECK(option->file_key() == "tls_cert");
  CHECK(option->environment() == "OBJD_TLS_CERT");
  CHECK(find_option("tls_cert") == nullptr);
}

TEST_CASE("the default that --help shows is the one that holds") {
  for (const auto* name : {"region", "log-level", "log-format", "access-log", "connections-max", "head-timeout",
                           "idle-timeout", "stop-timeout", "body-rate-min", "ballast", "segment-size", "chunk-average",
                           "metadata-cache", "connections-per-peer-max", "require-signed-payload"}) {
    const auto* option = find_option(name);
    REQUIRE(option != nullptr);
    Config shown;
    INFO(name);
    REQUIRE(option->set(shown, std::string(option->fallback)));
    const Config actual;
    CHECK(shown.region == actual.region);
    CHECK(shown.log.level == actual.log.level);
    CHECK(shown.log.format == actual.log.format);
    CHECK(shown.access_log == actual.access_log);
    CHECK(shown.connections_max == actual.connections_max);
    CHECK(shown.connections_per_peer_max == actual.connections_per_peer_max);
    CHECK(shown.head_timeout == actual.head_timeout);
    CHECK(shown.idle_timeout == actual.idle_timeout);
    CHECK(shown.stop_timeout == actual.stop_timeout);
    CHECK(shown.body_rate_min == actual.body_rate_min);
    CHECK(shown.ballast_bytes == actual.ballast_bytes);
    CHECK(shown.segment_bytes == actual.segment_bytes);
    CHECK(shown.chunk_average == actual.chunk_average);
    CHECK(shown.metadata_cache_bytes == actual.metadata_cache_bytes);
    CHECK(shown.require_signed_payload == actual.require_signed_payload);
  }
}

TEST_CASE("listen addresses are read in all their forms") {
  using Scheme = Listen::Scheme;
  CHECK(parse_listen("127.0.0.1:9000").value() == Listen{"127.0.0.1", 9000, Scheme::kAsConfigured});
  CHECK(parse_listen("[::1]:80").value() == Listen{"::1", 80, Scheme::kAsConfigured});
  CHECK(parse_listen("localhost:0").value() == Listen{"localhost", 0, Scheme::kAsConfigured});
  CHECK(parse_listen(":9000").value() == Listen{"", 9000, Scheme::kAsConfigured});
  CHECK(parse_listen("*:9000").value() == Listen{"", 9000, Scheme::kAsConfigured});
  CHECK(parse_listen("http://[::]:9000").value() == Listen{"::", 9000, Scheme::kHttp});
  CHECK(parse_listen("https://0.0.0.0:443").value() == Listen{"0.0.0.0", 443, Scheme::kHttps});
  for (const auto* text : {"", "9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:9000",
                           "[::1:9000", "a b:1", "http://", "host:80/path"})
    CHECK_FALSE(parse_listen(text));
}

TEST_CASE("sizes have units") {
  CHECK(parse_bytes("0").value() == 0);
  CHECK(parse_bytes("4096").value() == 4096);
  CHECK(parse_bytes("64KiB").value() == 65536);
  CHECK(parse_bytes("2 GiB").value() == std::uint64_t{2} << 30);
  CHECK(parse_bytes("5MB").value() == 5'000'000);
  for (const auto* text :
       {"", "KiB", "-1", "1.5GiB", "64kib", "99999999999999999999", "18446744073709551615KiB", "1 2"})
    CHECK_FALSE(parse_bytes(text));
}

TEST_CASE("values outside their range are refused with what is expected") {
  const auto complaint = [](std::string_view name, const std::string& value) {
    Config config;
    const auto set = find_option(name)->set(config, value);
    return set ? "" : set.error().message;
  };
  CHECK(complaint("chunk-average", "100000").find("power of two") != std::string::npos);
  CHECK(complaint("chunk-average", "2MiB") != "");
  CHECK(complaint("segment-size", "1000") != "");
  CHECK(complaint("log-level", "loud").find("debug, info") != std::string::npos);
  CHECK(complaint("region", "US EAST") != "");
  CHECK(complaint("domain", ".example.com") != "");
  CHECK(complaint("domain", "s3.example.com:9000") != "");
  CHECK(complaint("stop-timeout", "0") != "");
  CHECK(complaint("access-log", "maybe") == "expected true or false");
  CHECK(complaint("data", "") != "");
}
