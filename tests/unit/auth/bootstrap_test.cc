#include "server/auth/bootstrap.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::auth;

namespace {

constexpr std::string_view kGood = R"([[account]]
id = "main"

[[account.user]]
id = "0123456789abcdef"
display_name = "M. Tester"
email = "tester@example.com"

[[account.user.key]]
access_key = "MAINKEY"
secret_key = "main-secret"

[[account]]
id = "team"
display_name = "The team"
owner = "second"

[[account.user]]
id = "first"

[[account.user]]
id = "testx$second"

[[account.user]]
id = "second"
display_name = "Zwei ü"

[[account.user.key]]
access_key = "TEAM1"
secret_key = "team-secret-1"

[[account.user.key]]
access_key = "TEAM2"
secret_key = "team-secret-2"
)";

std::string complaint(std::string_view text) {
  const auto parsed = parse_bootstrap(text, "users.toml");
  return parsed ? "" : parsed.error().message;
}

std::string user_with(std::string_view lines) {
  return "[[account]]\nid = \"a\"\n[[account.user]]\nid = \"u\"\n" + std::string(lines);
}

}  // namespace

TEST_CASE("a file declares accounts, users and keys") {
  const auto file = parse_bootstrap(kGood, "users.toml");
  REQUIRE(file);
  REQUIRE(file->accounts.size() == 2);
  const auto& main = file->accounts[0];
  CHECK(main.id == "main");
  CHECK(main.owner_id == "0123456789abcdef");
  CHECK(main.display_name == "M. Tester");
  CHECK(main.users[0].email == "tester@example.com");
  CHECK(main.users[0].keys == std::vector<AccessKey>{{"MAINKEY", "main-secret"}});
  const auto& team = file->accounts[1];
  CHECK(team.owner_id == "second");
  CHECK(team.display_name == "The team");
  REQUIRE(team.users.size() == 3);
  CHECK(team.users[0].display_name == "first");
  CHECK(team.users[1].id == "testx$second");
  CHECK(team.users[2].keys.size() == 2);
}

TEST_CASE("an empty file declares nothing") {
  CHECK(parse_bootstrap("# nobody\n", "users.toml")->accounts.empty());
}

TEST_CASE("an unknown key is named with its line") {
  CHECK(complaint("[[acount]]\n") == "users.toml:1: unknown key \"acount\"");
  CHECK(complaint("[[account]]\nid = \"a\"\nname = \"b\"\n") == "users.toml:3: unknown key \"name\"");
  CHECK(complaint(user_with("mail = \"x\"\n")) == "users.toml:5: unknown key \"mail\"");
  CHECK(complaint(user_with("[[account.user.key]]\nsecret = \"x\"\n")) == "users.toml:6: unknown key \"secret\"");
}

TEST_CASE("what is not TOML is refused with its line") {
  CHECK(complaint("[[account]]\nid = \n").starts_with("users.toml:2: "));
  CHECK(complaint("[[account]\n").starts_with("users.toml:1: "));
}

TEST_CASE("wrong types and shapes are refused") {
  CHECK(complaint("account = 1\n").find("[[account]]") != std::string::npos);
  CHECK(complaint("[account]\nid = \"a\"\n").find("[[account]]") != std::string::npos);
  CHECK(complaint("[[account]]\nid = 1\n") == "users.toml:2: \"id\" must be a string");
  CHECK(complaint("account = [1]\n") != "");
  CHECK(complaint("[[account]]\n").find("needs an id") != std::string::npos);
  CHECK(complaint("[[account]]\nid = \"a/b\"\n").find("needs an id") != std::string::npos);
  CHECK(complaint("[[account]]\nid = \"a\"\n").find("has no user") != std::string::npos);
  CHECK(complaint(user_with("display_name = \"a\\nb\"\n")).find("control characters") != std::string::npos);
  CHECK(complaint("[[account]]\nid = \"a\"\nowner = \"x\"\n[[account.user]]\nid = \"u\"\n") ==
        "users.toml:3: the owner is not a user of the account");
}

TEST_CASE("an id is declared once") {
  CHECK(complaint(user_with("") + user_with("")).find("account \"a\" is declared twice") != std::string::npos);
  CHECK(complaint(user_with("[[account.user]]\nid = \"u\"\n")).find("user \"u\" is declared twice") !=
        std::string::npos);
  const std::string key = "[[account.user.key]]\naccess_key = \"KEY\"\nsecret_key = \"12345678\"\n";
  CHECK(complaint(user_with(key + key)).find("access key \"KEY\" is declared twice") != std::string::npos);
}

TEST_CASE("a refused key does not show its secret") {
  const auto text = complaint(user_with("[[account.user.key]]\naccess_key = \"K\"\nsecret_key = \"canary-canary\"\n"));
  CHECK(text.starts_with("users.toml:5: "));
  CHECK(text.find("canary") == std::string::npos);
}

TEST_CASE("a user carries policies, checked when the file is read") {
  const auto file = parse_bootstrap(user_with("policies = ['''\n{\"Statement\":{\"Effect\":\"Allow\",\"Action\":\"*\","
                                              "\"Resource\":\"*\"}}''']\npolicy_files = [\"a.json\"]\n"),
                                    "users.toml");
  REQUIRE(file);
  CHECK(file->accounts[0].users[0].policies.size() == 1);
  CHECK(file->accounts[0].users[0].policy_files == std::vector<std::string>{"a.json"});
  CHECK(complaint(user_with("policies = ['{\"Statement\":[]}']\n")) ==
        "users.toml:5: Could not parse the policy: Statement is empty!");
  CHECK(complaint(user_with("policies = []\n")) == "users.toml:5: \"policies\" must be a list of 1 to 10 strings");
  CHECK(complaint(user_with("policies = \"x\"\n")).find("must be a list") != std::string::npos);
  CHECK(complaint(user_with("policies = [1]\n")).find("must hold strings") != std::string::npos);
}
