// The whole server in this process, on a port that is free, asked as the sub-commands ask it.
#include "server/app/app.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "server/app/admin_client.h"
#include "server/app/endpoint_file.h"
#include "server/app/option_table.h"
#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::app;
using objstore::testing::TemporaryDirectory;

namespace {

Config config_of(const TemporaryDirectory& directory) {
  Config config;
  config.data = (directory / "data").string();
  config.listen = {parse_listen("127.0.0.1:0").value()};
  config.ballast_bytes = 0;
  config.access_log = false;
  config.free_space_reserve = 1;
  return config;
}

AdminTarget target_of(const Config& config) {
  const auto file = read_endpoint_file(config.data + "/endpoint");
  REQUIRE(file);
  REQUIRE(*file);
  return {.url = (*file)->url, .region = (*file)->region, .certificate = (*file)->certificate};
}

auth::AccessKey root_of(const Config& config) {
  return auth::read_credentials_file(config.data + "/root-credentials").value().value();
}

int ask(const Config& config, const auth::AccessKey& key, std::string_view method, std::string_view path) {
  const auto reply = admin_request(target_of(config), key, method, path);
  REQUIRE(reply);
  return reply->status;
}

}  // namespace

TEST_CASE("a server starts, answers for itself and stops") {
  const TemporaryDirectory directory;
  const auto config = config_of(directory);
  auto app = App::start(config, {});
  REQUIRE(app);
  CHECK(ask(config, root_of(config), "GET", "/-/health/ready") == 200);
  CHECK(ask(config, root_of(config), "GET", "/-/status") == 200);
  CHECK(ask(config, {"NOBODY", "not-a-secret"}, "GET", "/-/status") == 403);
  const auto metrics = admin_request(target_of(config), root_of(config), "GET", "/-/metrics");
  REQUIRE(metrics);
  CHECK(metrics->body.find("objd_http_requests_total{class=\"2xx\"}") != std::string::npos);
  CHECK(metrics->body.find(root_of(config).id) == std::string::npos);
  const auto target = target_of(config);
  (*app)->stop();
  CHECK_FALSE(std::filesystem::exists(config.data + "/endpoint"));
  CHECK(admin_request(target, {"ANY", "secret-secret"}, "GET", "/-/status").error().code == Errc::kUnreachable);
}

TEST_CASE("a second server on the same data directory is refused, and so is a busy port") {
  const TemporaryDirectory directory;
  const auto config = config_of(directory);
  const auto app = App::start(config, {});
  REQUIRE(app);
  const auto second = App::start(config, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().message.find("in use by process") != std::string::npos);
  auto elsewhere = config;
  elsewhere.data = (directory / "other").string();
  const auto url = target_of(config).url;
  const auto port = url.substr(url.rfind(':') + 1);
  elsewhere.listen = {parse_listen("127.0.0.1:" + port).value()};
  const auto busy = App::start(elsewhere, {});
  REQUIRE_FALSE(busy);
  CHECK(busy.error().message.find(port) != std::string::npos);
}

TEST_CASE("the root key rotates while the server runs") {
  const TemporaryDirectory directory;
  const auto config = config_of(directory);
  const auto app = App::start(config, {});
  REQUIRE(app);
  const auto old = root_of(config);
  CHECK(ask(config, old, "POST", "/-/rotate-root-key") == 200);
  CHECK_FALSE(root_of(config) == old);
  CHECK(ask(config, old, "GET", "/-/status") == 403);
  CHECK(ask(config, root_of(config), "GET", "/-/status") == 200);
}

TEST_CASE("a changed bootstrap file counts after a reload; a broken one changes nothing") {
  const TemporaryDirectory directory;
  auto config = config_of(directory);
  config.bootstrap = (directory / "users.toml").string();
  const auto user_file = [](std::string_view key) {
    return "[[account]]\nid = \"a\"\n[[account.user]]\nid = \"u\"\n[[account.user.key]]\naccess_key = \"" +
           std::string(key) + "\"\nsecret_key = \"user-secret\"\n";
  };
  std::ofstream(config.bootstrap) << user_file("FIRSTKEY");
  const auto app = App::start(config, {});
  REQUIRE(app);
  CHECK(ask(config, {"FIRSTKEY", "user-secret"}, "GET", "/") == 200);
  std::ofstream(config.bootstrap) << "nonsense";
  (*app)->reload();
  CHECK(ask(config, {"FIRSTKEY", "user-secret"}, "GET", "/") == 200);
  std::ofstream(config.bootstrap) << user_file("SECONDKEY");
  (*app)->reload();
  CHECK(ask(config, {"FIRSTKEY", "user-secret"}, "GET", "/") == 403);
  CHECK(ask(config, {"SECONDKEY", "user-secret"}, "GET", "/") == 200);
  CHECK(ask(config, {"SECONDKEY", "user-secret"}, "GET", "/-/status") == 403);
}

TEST_CASE("every address is listened on, and found by loopback") {
  const TemporaryDirectory directory;
  auto config = config_of(directory);
  config.listen = {parse_listen(":0").value(), parse_listen("127.0.0.1:0").value()};
  const auto app = App::start(config, {});
  REQUIRE(app);
  CHECK(ask(config, root_of(config), "GET", "/-/status") == 200);
}

TEST_CASE("an endpoint that is no URL is refused") {
  for (const auto* url : {"", "127.0.0.1:9000", "ftp://127.0.0.1:1", "http://", "http://host:port", "http://a/b:1"})
    CHECK(admin_request({.url = url, .region = "us-east-1", .certificate = {}}, {"ANY", "secret-secret"}, "GET", "/")
              .error()
              .code == Errc::kInvalidArgument);
}
