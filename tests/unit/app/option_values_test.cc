#include "server/app/option_values.h"

#include <catch2/catch.hpp>
#include <fstream>

#include "server/app/option_table.h"
#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::app;
using objstore::testing::TemporaryDirectory;

namespace {

using Variables = std::map<std::string, std::string>;

Environment environment_of(Variables variables) {
  return [variables = std::move(variables)](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

OptionLayer flags(const std::vector<std::pair<std::string, std::string>>& given) {
  OptionLayer layer;
  for (const auto& [name, text] : given) layer[name].push_back({.text = text, .origin = "--" + name});
  return layer;
}

std::string complaint(std::string_view text) {
  const auto layer = read_option_file(text, "objd.toml");
  if (!layer) return layer.error().message;
  const auto config = make_config({*layer});
  return config ? "" : config.error().message;
}

}  // namespace

TEST_CASE("a flag goes before the environment, that before the file, that before the default") {
  const TemporaryDirectory directory;
  const auto file = (directory / "objd.toml").string();
  std::ofstream(file) << "region = \"from-file\"\ndata = \"/file\"\nlog_level = \"debug\"\n";
  const auto config = load_config(flags({{"config", file}, {"data", "/flag"}}),
                                  environment_of({{"OBJD_DATA", "/environment"}, {"OBJD_REGION", "from-environment"}}));
  REQUIRE(config);
  CHECK(config->data == "/flag");
  CHECK(config->region == "from-environment");
  CHECK(config->log.level == log::Level::kDebug);
  CHECK(config->idle_timeout == std::chrono::seconds(60));
  CHECK(config->listen == std::vector<Listen>{parse_listen("127.0.0.1:9000").value()});
}

TEST_CASE("the environment may name the file") {
  const TemporaryDirectory directory;
  const auto file = (directory / "objd.toml").string();
  std::ofstream(file) << "region = \"from-file\"\n";
  CHECK(load_config({}, environment_of({{"OBJD_CONFIG", file}}))->region == "from-file");
  const auto missing = load_config({}, environment_of({{"OBJD_CONFIG", file + ".no"}}));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message == "OBJD_CONFIG: " + file + ".no: no such file");
}

TEST_CASE("a higher layer replaces a list, it does not add to it") {
  const auto file = read_option_file("listen = [\"127.0.0.1:1\", \"[::1]:1\"]\ndomain = \"s3.local\"\n", "objd.toml");
  REQUIRE(file);
  CHECK(make_config({*file})->listen.size() == 2);
  CHECK(make_config({*file})->domains == std::vector<std::string>{"s3.local"});
  const auto environment = read_environment(environment_of({{"OBJD_LISTEN", "127.0.0.1:2, 127.0.0.1:3,"}}));
  const auto config = make_config({environment, *file});
  REQUIRE(config);
  REQUIRE(config->listen.size() == 2);
  CHECK(config->listen[0].port == 2);
  CHECK(config->listen[1].port == 3);
  CHECK(make_config({flags({{"listen", "127.0.0.1:4"}}), environment, *file})->listen.size() == 1);
}

TEST_CASE("every option can be given in every form") {
  for (const auto& option : options()) {
    INFO(option.name);
    const auto layer = read_environment(environment_of({{option.environment(), "x"}}));
    CHECK(layer.contains(option.name));
    const auto file = read_option_file(option.file_key() + " = \"x\"\n", "objd.toml");
    CHECK(file.has_value() == option.in_file);
  }
}

TEST_CASE("an unknown key of the file is an error with its line") {
  CHECK(complaint("region = \"a\"\n\nregoin = \"b\"\n") == "objd.toml:3: unknown key \"regoin\"");
  CHECK(complaint("[server]\nregion = \"a\"\n") == "objd.toml:1: unknown key \"server\"");
  CHECK(complaint("config = \"other.toml\"\n") == "objd.toml:1: unknown key \"config\"");
  CHECK(complaint("tls-cert = \"a\"\n") == "objd.toml:1: unknown key \"tls-cert\"");
}

TEST_CASE("wrong values are named with their line") {
  CHECK(complaint("region = \n").starts_with("objd.toml:1: "));
  CHECK(complaint("\nlog_level = \"loud\"\n").starts_with("objd.toml:2: log_level: \"loud\": expected debug"));
  CHECK(complaint("region = [\"a\", \"b\"]\n").starts_with("objd.toml:1: "));
  CHECK(complaint("listen = [1.5]\n").starts_with("objd.toml:1: "));
  CHECK(complaint("io_threads = 4\nrequire_signed_payload = true\nsegment_size = \"64MiB\"\n") == "");
}

TEST_CASE("an error names the flag or variable that it comes from") {
  CHECK(
      make_config({flags({{"io-threads", "many"}})}).error().message.starts_with("--io-threads: \"many\": expected "));
  CHECK(make_config({read_environment(environment_of({{"OBJD_IO_THREADS", ""}}))})
            .error()
            .message.starts_with("OBJD_IO_THREADS: "));
  auto twice = flags({{"region", "a"}});
  twice["region"].push_back({.text = "b", .origin = "--region"});
  CHECK(make_config({twice}).error().message == "--region: given more than once");
}

TEST_CASE("certificate and key come together, and https needs them") {
  CHECK_FALSE(make_config({flags({{"tls-cert", "a.pem"}})}));
  CHECK_FALSE(make_config({flags({{"listen", "https://127.0.0.1:1"}})}));
  CHECK(make_config({flags({{"tls-cert", "a.pem"}, {"tls-key", "b.pem"}, {"listen", "https://127.0.0.1:1"}})}));
}
