#include "server/auth/secret_box.h"

#include <catch2/catch.hpp>

#include "common/base/bytes.h"
#include "server/auth/private_file.h"
#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::auth;
using objstore::testing::TemporaryDirectory;

namespace {

SecretBox box_of(char fill) {
  return SecretBox(parse_secret_key(std::string(64, fill)).value());
}

}  // namespace

TEST_CASE("H8: what is sealed opens again and shows nothing of the secret") {
  const auto box = box_of('a');
  const auto sealed = box.seal("a very secret text", "KEY");
  CHECK(sealed.find("secret") == std::string::npos);
  CHECK(box.open(sealed, "KEY").value() == "a very secret text");
  CHECK(box.seal("a very secret text", "KEY") != sealed);
  CHECK(box.open(box.seal("", "KEY"), "KEY").value().empty());
}

TEST_CASE("H8: a sealed secret opens with its own key, for its own row, and unchanged") {
  const auto box = box_of('a');
  const auto sealed = box.seal("a very secret text", "KEY");
  CHECK(box_of('b').open(sealed, "KEY").error().code == Errc::kCorrupt);
  CHECK(box.open(sealed, "OTHER").error().code == Errc::kCorrupt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK_FALSE(box.open(changed, "KEY"));
  }
  for (std::size_t length = 0; length < sealed.size(); ++length) CHECK_FALSE(box.open(sealed.substr(0, length), "KEY"));
}

TEST_CASE("a secret key is 32 bytes in hexadecimal or base64") {
  const auto key = parse_secret_key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F\n");
  REQUIRE(key);
  CHECK(parse_secret_key(" " + to_base64(*key) + "\r\n").value() == *key);
  CHECK_FALSE(parse_secret_key(""));
  CHECK_FALSE(parse_secret_key("0001"));
  CHECK_FALSE(parse_secret_key(std::string(64, 'g')));
  CHECK_FALSE(parse_secret_key("AAAA"));
}

TEST_CASE("the secret key is made once, kept in a private file, and found again") {
  const TemporaryDirectory directory;
  SecretKeySource source{.file = directory / "secret-key", .environment = std::nullopt, .may_create = true};
  const auto made = load_secret_key(source);
  REQUIRE(made);
  source.may_create = false;
  CHECK(load_secret_key(source).value() == *made);
  CHECK(read_private_file(source.file)->has_value());
}

TEST_CASE("a lost secret key is not replaced by a new one") {
  const TemporaryDirectory directory;
  const SecretKeySource source{.file = directory / "secret-key", .environment = std::nullopt, .may_create = false};
  CHECK(load_secret_key(source).error().code == Errc::kNotFound);
  CHECK_FALSE(std::filesystem::exists(source.file));
}

TEST_CASE("a secret key of the environment leaves no file") {
  const TemporaryDirectory directory;
  SecretKeySource source{.file = directory / "secret-key", .environment = std::string(64, '7'), .may_create = true};
  CHECK(load_secret_key(source));
  CHECK_FALSE(std::filesystem::exists(source.file));
  source.environment = "short";
  CHECK(load_secret_key(source).error().message.starts_with("OBJD_SECRET_KEY: "));
}
