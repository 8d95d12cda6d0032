#include <objstore/profiles.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.h"

namespace objstore::client {
namespace {

struct Home {
  Home() {
    query.environment = [home = path](const char* name) -> std::optional<std::string> {
      return std::string(name) == "HOME" ? std::optional(home.string()) : std::nullopt;
    };
  }
  std::string read(const char* name) const {
    std::ostringstream out;
    out << std::ifstream(path / name).rdbuf();
    return out.str();
  }
  test::TemporaryDirectory directory;
  std::filesystem::path path = directory.path();
  SettingsQuery query;
};

TEST_CASE("what is saved is what is loaded") {
  Home home;
  REQUIRE(
      save_profile({.name = "ci", .endpoint = "http://s:9000", .region = "r", .access_key = "AK", .secret_key = "SK#1"},
                   home.query));
  home.query.profile = "ci";
  const auto settings = load_settings(home.query).value();
  CHECK(settings.endpoint == "http://s:9000");
  CHECK(settings.region == "r");
  CHECK(settings.credentials->access_key == "AK");
  CHECK(settings.credentials->secret_key == "SK#1");
  const auto profiles = list_profiles(home.query).value();
  REQUIRE(profiles.size() == 1);
  CHECK(profiles[0].secret_key.empty());
}

TEST_CASE("saving changes its own lines only") {
  const Home home;
  std::filesystem::create_directories(home.path / ".aws");
  std::ofstream(home.path / ".aws/config") << "# hello\n[default]\nregion = one\ns3 =\n  addressing_style = path\n\n"
                                              "[profile b]\nregion = two\n";
  REQUIRE(save_profile({.name = "default", .endpoint = "http://x", .region = "three"}, home.query));
  CHECK(home.read(".aws/config") ==
        "# hello\n[default]\nendpoint_url = http://x\nregion = three\ns3 =\n"
        "  addressing_style = path\n\n[profile b]\nregion = two\n");
  CHECK_FALSE(std::filesystem::exists(home.path / ".aws/credentials"));
}

TEST_CASE("a value that would become another line is refused") {
  const Home home;
  CHECK(save_profile({.name = "a", .region = "x\n[b]"}, home.query).error().code == Errc::kInvalidArgument);
  CHECK(save_profile({.name = "a]"}, home.query).error().code == Errc::kInvalidArgument);
  CHECK(save_profile({.name = ""}, home.query).error().code == Errc::kInvalidArgument);
}

}  // namespace
}  // namespace objstore::client
