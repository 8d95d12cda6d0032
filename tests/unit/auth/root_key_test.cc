#include "server/auth/root_key.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "server/auth/private_file.h"
#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::auth;
using objstore::testing::TemporaryDirectory;

TEST_CASE("a made key has the shape of AWS's and no two are alike") {
  const auto key = make_access_key();
  CHECK(key.id.size() == 20);
  CHECK(key.id.starts_with("OBJ"));
  CHECK(std::ranges::all_of(key.id, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }));
  CHECK(key.secret.size() == 40);
  CHECK(std::ranges::all_of(key.secret, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }));
  CHECK(check_access_key(key));
  CHECK(make_access_key().secret != key.secret);
}

TEST_CASE("keys of the wrong shape are refused") {
  CHECK_FALSE(check_access_key({"ab", "12345678"}));
  CHECK_FALSE(check_access_key({"a/b", "12345678"}));
  CHECK_FALSE(check_access_key({"a b", "12345678"}));
  CHECK_FALSE(check_access_key({std::string(129, 'a'), "12345678"}));
  CHECK_FALSE(check_access_key({"abc", "1234567"}));
  CHECK_FALSE(check_access_key({"abc", "1234 5678"}));
  CHECK(check_access_key({"abc", "wJalrXUtnFEMI/K7MDENG+bPx=RfiCY"}));
}

TEST_CASE("the root key of the environment comes whole or not at all") {
  CHECK_FALSE(root_key_of(std::nullopt, std::nullopt)->has_value());
  CHECK(root_key_of("ROOT", "secret-secret")->value() == AccessKey{"ROOT", "secret-secret"});
  CHECK_FALSE(root_key_of("ROOT", std::nullopt));
  CHECK_FALSE(root_key_of(std::nullopt, "secret-secret"));
  CHECK_FALSE(root_key_of("ROOT", "short"));
}

TEST_CASE("the credentials file is read back, also as a person has edited it") {
  const TemporaryDirectory directory;
  const auto path = directory / "root-credentials";
  const auto key = make_access_key();
  REQUIRE(write_credentials_file(path, key));
  CHECK(read_credentials_file(path)->value() == key);
  REQUIRE(
      write_private_file(path, "[default]\n  aws_access_key_id=ABC\naws_secret_access_key  =  a=b+c/d==\nregion = x"));
  CHECK(read_credentials_file(path)->value() == AccessKey{"ABC", "a=b+c/d=="});
  REQUIRE(write_private_file(path, "[default]\naws_access_key_id = ABC\n"));
  CHECK(read_credentials_file(path).error().code == Errc::kMalformed);
  CHECK_FALSE(read_credentials_file(directory / "none")->has_value());
}
