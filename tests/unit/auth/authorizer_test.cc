#include "server/auth/authorizer.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::auth;

namespace {

Principal of_account(std::string id, bool root = false) {
  Principal principal;
  principal.anonymous = false;
  principal.root = root;
  principal.account_id = std::move(id);
  return principal;
}

Access get_of(std::string_view owner) {
  return {.action = "s3:GetObject", .bucket = "bucket", .key = "key", .bucket_owner = owner};
}

}  // namespace

TEST_CASE("a user may use the buckets of its account, and no others") {
  const Authorizer authorizer;
  CHECK(authorizer.authorize(of_account("1"), get_of("1")));
  const auto denied = authorizer.authorize(of_account("1"), get_of("2"));
  REQUIRE_FALSE(denied);
  CHECK(denied.error().code == Errc::kAccessDenied);
  CHECK_FALSE(authorizer.authorize(of_account("1", true), get_of("2")));
}

TEST_CASE("a user may do what concerns its own account, and may learn that a bucket does not exist") {
  const Authorizer authorizer;
  CHECK(authorizer.authorize(of_account("1"),
                             {.action = "s3:ListAllMyBuckets", .bucket = "", .key = "", .bucket_owner = ""}));
  CHECK(authorizer.authorize(of_account("1"), get_of("")));
}

TEST_CASE("an anonymous request may do nothing") {
  const Authorizer authorizer;
  CHECK_FALSE(authorizer.authorize(Principal{}, get_of("1")));
  CHECK_FALSE(authorizer.authorize(Principal{}, get_of("")));
  CHECK_FALSE(authorizer.authorize(Principal{},
                                   {.action = "s3:ListAllMyBuckets", .bucket = "", .key = "", .bucket_owner = ""}));
}
