#include "server/auth/authorizer.h"

#include "tests/unit/auth/policies.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

struct Question {
  Principal who;
  std::string_view action = "s3:GetObject";
  std::string_view key = "k";
  std::string_view bucket_owner = "1";
  std::string bucket_policy = {};
  bool restrict_public = false;
  std::string_view bucket = "b-1";
};

bool may(const Question& q) {
  std::optional<PolicyDocument> policy;
  if (!q.bucket_policy.empty()) policy = bucket_policy(q.bucket_policy);
  const Access access{.action = q.action,
                      .bucket = q.bucket,
                      .key = q.key,
                      .bucket_owner = q.bucket_owner,
                      .bucket_policy = policy ? &*policy : nullptr,
                      .restrict_public = q.restrict_public};
  const auto decided = Authorizer().authorize(q.who, access);
  if (!decided) CHECK(decided.error().code == Errc::kAccessDenied);
  return decided.has_value();
}

std::string to(std::string_view principal, std::string_view effect = "Allow", std::string_view action = "s3:*") {
  return "{'Effect':'" + std::string(effect) + "','Principal':" + std::string(principal) + ",'Action':'" +
         std::string(action) + "','Resource':['arn:aws:s3:::b-1','arn:aws:s3:::b-1/*']}";
}

constexpr std::string_view kReads = "{'Effect':'Allow','Action':'s3:Get*','Resource':'arn:aws:s3:::b-1/*'}";

}  // namespace

TEST_CASE("without policies a user may do everything in its account, and nothing elsewhere") {
  CHECK(may({.who = user("1", "bob")}));
  CHECK(may({.who = owner("1"), .action = "s3:DeleteBucket", .key = ""}));
  CHECK_FALSE(may({.who = user("2", "eve")}));
  CHECK_FALSE(may({.who = owner("2"), .action = "s3:GetBucketPolicy", .key = ""}));
  CHECK(may({.who = user("1", "bob"), .action = "s3:ListAllMyBuckets", .key = "", .bucket_owner = "", .bucket = ""}));
}

TEST_CASE("G1: who is not identified has nothing without a bucket's policy") {
  CHECK_FALSE(may({.who = {}}));
  CHECK_FALSE(may({.who = {}, .action = "s3:ListBucket", .key = ""}));
  CHECK_FALSE(may({.who = {}, .action = "s3:ListAllMyBuckets", .key = "", .bucket_owner = "", .bucket = ""}));
  CHECK(may({.who = {}, .bucket_policy = to("'*'")}));
  CHECK_FALSE(may({.who = {}, .bucket_policy = to("{'AWS':'1'}")}));
}

TEST_CASE("a bucket that does not exist is told to be missing, but not to a user whose policies do not reach it") {
  CHECK(may({.who = user("1", "bob"), .bucket_owner = ""}));
  CHECK(may({.who = {}, .bucket_owner = ""}));
  CHECK_FALSE(may({.who = limited("1", "bob", std::string(kReads)), .bucket_owner = "", .bucket = "b-2"}));
}

TEST_CASE("a user with policies is limited to them, in its own account too") {
  const auto bob = limited("1", "bob", std::string(kReads));
  CHECK(may({.who = bob}));
  CHECK_FALSE(may({.who = bob, .action = "s3:PutObject"}));
  CHECK_FALSE(may({.who = bob, .bucket = "b-2"}));
  CHECK_FALSE(may({.who = bob, .action = "s3:ListAllMyBuckets", .key = "", .bucket_owner = "", .bucket = ""}));
  // Its policies alone open no other account's bucket.
  CHECK_FALSE(may({.who = bob, .bucket_owner = "2"}));
}

TEST_CASE("inside an account the user's policies or the bucket's are enough") {
  const auto bob = limited("1", "bob", std::string(kReads));
  CHECK(may({.who = bob, .action = "s3:PutObject", .bucket_policy = to("{'AWS':'arn:aws:iam::1:user/bob'}")}));
  // What is given to the account is the account's to hand on.
  CHECK_FALSE(may({.who = bob, .action = "s3:PutObject", .bucket_policy = to("{'AWS':'1'}")}));
}

TEST_CASE("across accounts the user's policies and the bucket's have to allow") {
  const auto eve = limited("2", "eve", std::string(kReads));
  CHECK(may({.who = eve, .bucket_policy = to("{'AWS':'2'}")}));
  CHECK(may({.who = eve, .bucket_policy = to("{'AWS':'arn:aws:iam::2:user/eve'}")}));
  CHECK(may({.who = eve, .bucket_policy = to("'*'")}));
  CHECK_FALSE(may({.who = eve, .action = "s3:PutObject", .bucket_policy = to("{'AWS':'2'}")}));
  CHECK_FALSE(may({.who = eve, .bucket_policy = to("{'AWS':'3'}")}));
  CHECK(may({.who = user("2", "mallory"), .action = "s3:PutObject", .bucket_policy = to("{'AWS':'2'}")}));
}

TEST_CASE("G3: a Deny of the user's policies or of the bucket's wins over every Allow") {
  const auto denied = limited("1", "bob",
                              std::string("{'Effect':'Allow','Action':'*','Resource':'*'},") +
                                  "{'Effect':'Deny','Action':'s3:GetObject','Resource':'*'}");
  CHECK_FALSE(may({.who = denied}));
  CHECK_FALSE(may({.who = denied, .bucket_policy = to("{'AWS':'arn:aws:iam::1:user/bob'}")}));
  CHECK(may({.who = denied, .action = "s3:PutObject"}));
  CHECK_FALSE(may({.who = owner("1"), .bucket_policy = to("'*'", "Deny")}));
  CHECK_FALSE(may({.who = user("1", "bob"), .bucket_policy = to("'*'") + "," + to("{'AWS':'1'}", "Deny")}));
}

TEST_CASE("an account's owner can always mend the policy of its bucket, and nobody else can") {
  for (const char* action : {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}) {
    CHECK(may({.who = owner("1"), .action = action, .key = "", .bucket_policy = to("'*'", "Deny")}));
    CHECK_FALSE(may({.who = user("1", "bob"), .action = action, .key = "", .bucket_policy = to("'*'", "Deny")}));
    CHECK_FALSE(may({.who = owner("2"), .action = action, .key = "", .bucket_policy = to("'*'", "Deny")}));
  }
}

TEST_CASE("a public policy that is restricted counts for the owner's account alone, its Deny for everybody") {
  CHECK_FALSE(may({.who = {}, .bucket_policy = to("'*'"), .restrict_public = true}));
  CHECK_FALSE(may({.who = user("2", "eve"), .bucket_policy = to("'*'"), .restrict_public = true}));
  CHECK(may({.who = user("2", "eve"), .bucket_policy = to("{'AWS':'2'}"), .restrict_public = true}));
  const auto bob = limited("1", "bob", std::string(kReads));
  CHECK(may({.who = bob, .action = "s3:PutObject", .bucket_policy = to("'*'"), .restrict_public = true}));
  CHECK_FALSE(may({.who = bob, .bucket_policy = to("'*'", "Deny"), .restrict_public = true}));
}

TEST_CASE("what is known of a principal are keys of conditions") {
  const auto when = [](std::string_view key, std::string_view value) {
    return "{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b-1/*','Condition':{"
           "'StringEquals':{'" +
           std::string(key) + "':'" + std::string(value) + "'}}}";
  };
  const auto eve = user("2", "eve");
  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"aws:username", "eve"},
                                                        {"aws:userid", "eve"},
                                                        {"aws:PrincipalAccount", "2"},
                                                        {"aws:PrincipalArn", "arn:aws:iam::2:user/eve"},
                                                        {"aws:PrincipalType", "User"},
                                                        {"aws:ResourceAccount", "1"}}) {
    INFO(key);
    CHECK(may({.who = eve, .bucket_policy = when(key, value)}));
    CHECK_FALSE(may({.who = eve, .bucket_policy = when(key, "x")}));
  }
  CHECK(may({.who = {}, .bucket_policy = when("aws:PrincipalType", "Anonymous")}));
  CHECK_FALSE(may({.who = {}, .bucket_policy = when("aws:username", "")}));
}
