#include "server/auth/principal_rows.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::auth;

TEST_CASE("rows come back as they were") {
  const AccountRow account{.id = "1", .owner_id = "o", .display_name = "n", .disabled = true, .declared = true};
  CHECK(decode_account(row_key(account), encode(account)).value() == account);
  const UserRow user{.account_id = "1", .id = "u/ser", .display_name = "n", .email = "e@x", .root = true};
  CHECK(decode_user(row_key(user), encode(user)).value() == user);
  const KeyRow key{.access_key = "K",
                   .account_id = "1",
                   .user_id = "u",
                   .sealed_secret = std::string("\x01\x00\xff", 3),
                   .disabled = true,
                   .declared = true,
                   .created_ms = 123456789};
  CHECK(decode_key(row_key(key), encode(key)).value() == key);
}

TEST_CASE("keys of rows are part of the format") {
  CHECK(row_key(AccountRow{.id = "1"}) == "a/1");
  CHECK(row_key(UserRow{.account_id = "1", .id = "2"}) == std::string("u/1\0002", 5));
  CHECK(row_key(KeyRow{.access_key = "K"}) == "k/K");
}

TEST_CASE("what is not a row is corrupt") {
  CHECK(decode_account("x/1", "").error().code == Errc::kCorrupt);
  CHECK(decode_account("a/", "").error().code == Errc::kCorrupt);
  CHECK(decode_user("u/no-separator", "").error().code == Errc::kCorrupt);
  CHECK(decode_key("k/K", "\xff\xff\xff").error().code == Errc::kCorrupt);
}
