// The chain of environment variables and AWS's shared files.
#include <objstore/credentials.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "client/lib/profile_file.h"
#include "tests/support/temporary_directory.h"

namespace objstore::client {
namespace {

namespace fs = std::filesystem;

// A home directory of its own, and an environment that knows nothing else.
class Home {
 public:
  Home() {
    fs::create_directory(path_ / ".aws");
    variables["HOME"] = path_.string();
  }
  void write(const char* name, const std::string& text) const { std::ofstream(path_ / name) << text; }
  std::string file(const char* name) const { return (path_ / name).string(); }
  Result<Settings> load(std::string profile = {}) const {
    return load_settings(
        {.profile = std::move(profile), .environment = [this](const char* name) -> std::optional<std::string> {
           const auto found = variables.find(name);
           if (found == variables.end()) return std::nullopt;
           return found->second;
         }});
  }
  std::map<std::string, std::string> variables;

 private:
  test::TemporaryDirectory directory_;
  fs::path path_ = directory_.path();
};

constexpr const char* kCredentials =
    "[default]\naws_access_key_id = FILEKEY\naws_secret_access_key = file/se+cret=\n\n"
    "[ci]\naws_access_key_id=CIKEY\naws_secret_access_key=ci#secret\naws_session_token = tok\n";

TEST_CASE("nothing anywhere gives no credentials and no error") {
  const Home home;
  const auto settings = home.load();
  REQUIRE(settings);
  CHECK_FALSE(settings->credentials);
  CHECK(settings->endpoint.empty());
  CHECK(settings->region.empty());
}

TEST_CASE("the environment wins over the default profile") {
  Home home;
  home.write(".aws/credentials", kCredentials);
  home.variables["AWS_ACCESS_KEY_ID"] = "ENVKEY";
  home.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  home.variables["AWS_SESSION_TOKEN"] = "token";
  const auto settings = home.load();
  REQUIRE(settings);
  CHECK(settings->credentials->access_key == "ENVKEY");
  CHECK(settings->credentials->session_token == "token");
  CHECK(settings->credentials_from == "the environment");
}

TEST_CASE("a profile on the command line wins over the environment") {
  Home home;
  home.write(".aws/credentials", kCredentials);
  home.variables["AWS_ACCESS_KEY_ID"] = "ENVKEY";
  home.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  const auto settings = home.load("ci");
  REQUIRE(settings);
  CHECK(settings->credentials->access_key == "CIKEY");
  CHECK(settings->credentials->secret_key == "ci#secret");
  CHECK(settings->credentials->session_token == "tok");
}

TEST_CASE("AWS_PROFILE selects a profile but does not win over keys in the environment") {
  Home home;
  home.write(".aws/credentials", kCredentials);
  home.variables["AWS_PROFILE"] = "ci";
  CHECK(home.load()->credentials->access_key == "CIKEY");
  home.variables["AWS_ACCESS_KEY_ID"] = "ENVKEY";
  home.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  CHECK(home.load()->credentials->access_key == "ENVKEY");
}

TEST_CASE("a profile that is named and not there is an error") {
  Home home;
  home.write(".aws/credentials", kCredentials);
  CHECK(home.load("nope").error().code == Errc::kNotFound);
  home.variables["AWS_PROFILE"] = "nope";
  CHECK(home.load().error().code == Errc::kNotFound);
}

TEST_CASE("half of a key is an error that does not quote it") {
  Home home;
  home.variables["AWS_ACCESS_KEY_ID"] = "ENVKEY";
  const auto settings = home.load();
  REQUIRE_FALSE(settings);
  CHECK(settings.error().code == Errc::kMalformed);
  CHECK(settings.error().message.find("ENVKEY") == std::string::npos);
}

TEST_CASE("AWS_SHARED_CREDENTIALS_FILE names another file, as the server's root-credentials is") {
  Home home;
  home.write("root-credentials", "[default]\naws_access_key_id = ROOT\naws_secret_access_key = s\n");
  home.variables["AWS_SHARED_CREDENTIALS_FILE"] = home.file("root-credentials");
  CHECK(home.load()->credentials->access_key == "ROOT");
}

TEST_CASE("the credentials file goes before the config file") {
  Home home;
  home.write(".aws/config",
             "[profile ci]\naws_access_key_id = FROMCONFIG\naws_secret_access_key = s\nregion = eu-west-1\n");
  CHECK(home.load("ci")->credentials->access_key == "FROMCONFIG");
  home.write(".aws/credentials", kCredentials);
  CHECK(home.load("ci")->credentials->access_key == "CIKEY");
  CHECK(home.load("ci")->region == "eu-west-1");
}

TEST_CASE("endpoints are looked for from the nearest place to the farthest") {
  Home home;
  home.write(".aws/config",
             "[default]\nservices = local\nendpoint_url = http://plain\n"
             "[services local]\ns3 =\n  endpoint_url = http://service\ndynamodb =\n  endpoint_url = http://other\n");
  CHECK(home.load()->endpoint == "http://service");
  home.variables["AWS_ENDPOINT_URL"] = "http://all";
  CHECK(home.load()->endpoint == "http://all");
  home.variables["AWS_ENDPOINT_URL_S3"] = "http://s3";
  CHECK(home.load()->endpoint == "http://s3");
  home.variables["OBJCLI_ENDPOINT"] = "http://objcli";
  CHECK(home.load()->endpoint == "http://objcli");
}

TEST_CASE("AWS_REGION goes before AWS_DEFAULT_REGION and the profile") {
  Home home;
  home.write(".aws/config", "[default]\nregion = profile-1\ns3 =\n    addressing_style = virtual\n");
  CHECK(home.load()->region == "profile-1");
  CHECK(home.load()->addressing == "virtual");
  home.variables["AWS_DEFAULT_REGION"] = "default-1";
  CHECK(home.load()->region == "default-1");
  home.variables["AWS_REGION"] = "env-1";
  CHECK(home.load()->region == "env-1");
}

TEST_CASE("profile files are read as botocore reads them") {
  const auto file = parse_profile_file(
      "# comment\r\n; comment\r\n[ profile   ci ]\r\nName = value # comment\r\nsecret=a#b;c=d\r\nempty =\r\n"
      " nested = 1\r\nplain = 2\r\n");
  REQUIRE(file);
  const auto& section = file->at("profile ci");
  CHECK(section.at("name") == "value");
  CHECK(section.at("secret") == "a#b;c=d");
  CHECK(section.at("empty.nested") == "1");
  CHECK(section.at("plain") == "2");
}

TEST_CASE("a broken profile file is refused with its line and without its text") {
  for (const char* text : {"[a\n", "secret = 1\n", "[a]\nsecret\n"}) {
    const auto file = parse_profile_file(text);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == Errc::kMalformed);
    CHECK(file.error().message.find("line ") == 0);
    CHECK(file.error().message.find("secret") == std::string::npos);
  }
}

}  // namespace
}  // namespace objstore::client
