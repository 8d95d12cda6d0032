// G5, G6, G7: what a policy says to a request.
#include "server/auth/policy_evaluate.h"

#include "server/auth/policy_pattern.h"
#include "tests/unit/auth/policies.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

std::string answer_of(const PolicyFindings& findings) {
  if (findings.denied) return "deny";
  if (findings.allowed) return "allow";
  return findings.allowed_to_account ? "account" : "nothing";
}

// What a policy of bucket b-1 says to a user of account 1.
std::string ask(const std::string& statements, std::string_view action, std::string_view resource,
                const Principal& who = user("1", "bob")) {
  const auto policy = bucket_policy(statements);
  const Keys keys{{"aws:username", {who.user_id}}};
  const std::string arn = "arn:aws:s3:::" + std::string(resource);
  return answer_of(evaluate_bucket_policy(policy, {who, action, arn, keys}));
}

std::string one(std::string_view effect, std::string_view who, std::string_view action, std::string_view resource) {
  return "{'Effect':'" + std::string(effect) + "'," + std::string(who) + ",'Action':'" + std::string(action) +
         "','Resource':'arn:aws:s3:::" + std::string(resource) + "'}";
}

constexpr std::string_view kAll = "'Principal':'*'";

}  // namespace

TEST_CASE("G6: a star spans slashes, a question mark is one character, nothing is a regular expression") {
  struct Row {
    std::string_view pattern;
    std::string_view text;
    bool matches;
  };
  const std::vector<Row> rows = {
      {"*", "", true},
      {"*", "a/b/c", true},
      {"a*c", "a/b/c", true},
      {"a*c", "a/b/cd", false},
      {"?", "", false},
      {"?", "a", true},
      {"?", "ab", false},
      {"?", "ü", true},
      {"??", "ü", false},
      {"a.c", "abc", false},
      {"a+", "aa", false},
      {"[ab]", "a", false},
      {"a\\*", "a*", false},
      {"**a**", "xay", true},
      {"*a*b*c*", "abc", true},
      {"*a*b*c*", "acb", false},
      {"a*b?d", "axxbbcd", true},
      {"", "", true},
      {"", "a", false},
      {"*.txt", "a.txt.gz", false},
      {"A", "a", false},
  };
  for (const Row& row : rows) {
    INFO(row.pattern << " : " << row.text);
    CHECK(matches_wildcards(row.pattern, row.text) == row.matches);
  }
  const std::string stars(2'000, '*');
  const std::string many = std::string(1'000, 'a') + "b";
  CHECK_FALSE(matches_wildcards("*a*a*a*a*a*a*a*a*a*a*c" + stars, many));
}

TEST_CASE("G6: actions are compared without case, resources with it") {
  const auto policy = one("Allow", kAll, "S3:gEToBJECT", "b-1/Key");
  CHECK(ask(policy, "s3:GetObject", "b-1/Key") == "allow");
  CHECK(ask(policy, "s3:GetObject", "b-1/key") == "nothing");
  CHECK(ask(one("Allow", kAll, "s3:Get*", "b-1/*"), "s3:GetObjectTagging", "b-1/k") == "allow");
  CHECK(ask(one("Allow", kAll, "s3:Get*", "b-1/*"), "s3:PutObject", "b-1/k") == "nothing");
  CHECK(ask(one("Allow", kAll, "s3:*Object", "b-1/*"), "s3:DeleteObject", "b-1/k") == "allow");
  CHECK(ask(one("Allow", kAll, "s3:GetObject", "b-1/*"), "s3:GetObjectVersion", "b-1/k") == "nothing");
}

TEST_CASE("G7: a resource is the whole name of an object, or of the bucket") {
  const auto under = one("Allow", kAll, "s3:*", "b-1/public/*");
  CHECK(ask(under, "s3:GetObject", "b-1/public/x") == "allow");
  CHECK(ask(under, "s3:GetObject", "b-1/public/") == "allow");
  for (const char* other :
       {"b-1", "b-1/", "b-1/public", "b-1/publicX", "b-1/x/public/y", "b-1/../b-1/public/x", "b-10/public/x"})
    CHECK(ask(under, "s3:GetObject", other) == "nothing");
  const auto objects = one("Allow", kAll, "s3:*", "b-1/*");
  CHECK(ask(objects, "s3:ListBucket", "b-1") == "nothing");
  CHECK(ask(objects, "s3:GetObject", "b-1/a/b") == "allow");
  const auto bucket = one("Allow", kAll, "s3:*", "b-1");
  CHECK(ask(bucket, "s3:ListBucket", "b-1") == "allow");
  CHECK(ask(bucket, "s3:GetObject", "b-1/a") == "nothing");
  CHECK(ask(one("Allow", kAll, "s3:*", "b-1*"), "s3:GetObject", "b-1/a") == "allow");
}

TEST_CASE("G5: NotAction and NotResource mean everything but that, with Allow and with Deny") {
  const std::string rest = ",'Principal':'*','NotAction':'s3:Delete*','Resource':'arn:aws:s3:::b-1/*'}";
  CHECK(ask("{'Effect':'Allow'" + rest, "s3:GetObject", "b-1/k") == "allow");
  CHECK(ask("{'Effect':'Allow'" + rest, "s3:DeleteObject", "b-1/k") == "nothing");
  CHECK(ask("{'Effect':'Deny'" + rest, "s3:GetObject", "b-1/k") == "deny");
  CHECK(ask("{'Effect':'Deny'" + rest, "s3:DeleteObject", "b-1/k") == "nothing");
  const std::string but = ",'Principal':'*','Action':'s3:*','NotResource':['arn:aws:s3:::b-1/a/*','arn:aws:s3:::b-1']}";
  CHECK(ask("{'Effect':'Allow'" + but, "s3:GetObject", "b-1/b") == "allow");
  CHECK(ask("{'Effect':'Allow'" + but, "s3:GetObject", "b-1/a/x") == "nothing");
  CHECK(ask("{'Effect':'Deny'" + but, "s3:GetObject", "b-1/b") == "deny");
  CHECK(ask("{'Effect':'Deny'" + but, "s3:ListBucket", "b-1") == "nothing");
}

TEST_CASE("G5: NotPrincipal with Deny spares those that it names, and nobody else of their account") {
  const auto spare = [](std::string_view who) {
    return "{'Effect':'Deny','NotPrincipal':{'AWS':" + std::string(who) +
           "},'Action':'s3:*','Resource':'arn:aws:s3:::b-1/*'}";
  };
  const auto bob = spare("['arn:aws:iam::1:user/bob','arn:aws:iam::1:root']");
  CHECK(ask(bob, "s3:GetObject", "b-1/k", user("1", "bob")) == "nothing");
  CHECK(ask(bob, "s3:GetObject", "b-1/k", owner("1")) == "nothing");
  CHECK(ask(bob, "s3:GetObject", "b-1/k", user("1", "eve")) == "deny");
  CHECK(ask(bob, "s3:GetObject", "b-1/k", user("2", "bob")) == "deny");
  CHECK(ask(bob, "s3:GetObject", "b-1/k", Principal{}) == "deny");
  CHECK(ask(spare("'*'"), "s3:GetObject", "b-1/k", Principal{}) == "nothing");
}

TEST_CASE("principals: everybody, an account, a user, a canonical user, roles that are nobody") {
  const auto to = [](std::string_view who) { return one("Allow", who, "s3:*", "b-1/*"); };
  const auto get = [&](std::string_view who, const Principal& principal) {
    return ask(to(who), "s3:GetObject", "b-1/k", principal);
  };
  CHECK(get("'Principal':'*'", Principal{}) == "allow");
  CHECK(get("'Principal':{'AWS':'*'}", Principal{}) == "allow");
  CHECK(get("'Principal':{'AWS':'1'}", user("1", "bob")) == "account");
  CHECK(get("'Principal':{'AWS':'arn:aws:iam::1:root'}", owner("1")) == "allow");
  CHECK(get("'Principal':{'AWS':'1'}", user("2", "bob")) == "nothing");
  CHECK(get("'Principal':{'AWS':'1'}", Principal{}) == "nothing");
  CHECK(get("'Principal':{'AWS':'arn:aws:iam::1:user/bob'}", user("1", "bob")) == "allow");
  CHECK(get("'Principal':{'AWS':'arn:aws:iam::1:user/bob'}", user("1", "bobby")) == "nothing");
  CHECK(get("'Principal':{'AWS':'arn:aws:iam::1:user/bob'}", user("2", "bob")) == "nothing");
  CHECK(get("'Principal':{'CanonicalUser':'bob'}", user("1", "bob")) == "allow");
  CHECK(get("'Principal':{'CanonicalUser':''}", Principal{}) == "nothing");
  CHECK(get("'Principal':{'AWS':'arn:aws:iam::1:role/bob'}", user("1", "bob")) == "nothing");
  CHECK(get("'Principal':{'Service':'*'}", user("1", "bob")) == "nothing");
}

TEST_CASE("G3: an explicit Deny wins over an Allow, wherever it stands") {
  const auto allow = one("Allow", kAll, "s3:*", "b-1/*");
  const auto deny = one("Deny", kAll, "s3:GetObject", "b-1/secret/*");
  for (const auto& both : {allow + "," + deny, deny + "," + allow}) {
    CHECK(ask(both, "s3:GetObject", "b-1/secret/x") == "deny");
    CHECK(ask(both, "s3:GetObject", "b-1/open") == "allow");
    CHECK(ask(both, "s3:PutObject", "b-1/secret/x") == "allow");
  }
  // A Deny for an account is one for all its users.
  CHECK(ask(allow + "," + one("Deny", "'Principal':{'AWS':'1'}", "s3:*", "b-1/*"), "s3:GetObject", "b-1/k") == "deny");
}

TEST_CASE("all conditions of a statement have to hold") {
  const std::string policy =
      "{'Effect':'Allow','Principal':'*','Action':'s3:*','Resource':'arn:aws:s3:::b-1/*','Condition':{"
      "'StringEquals':{'aws:username':'bob','aws:UserAgent':'x'}}}";
  const auto document = bucket_policy(policy);
  const auto bob = user("1", "bob");
  const Keys both{{"aws:username", {"bob"}}, {"aws:useragent", {"x"}}};
  const Keys half{{"aws:username", {"bob"}}, {"aws:useragent", {"y"}}};
  CHECK(answer_of(evaluate_bucket_policy(document, {bob, "s3:GetObject", "arn:aws:s3:::b-1/k", both})) == "allow");
  CHECK(answer_of(evaluate_bucket_policy(document, {bob, "s3:GetObject", "arn:aws:s3:::b-1/k", half})) == "nothing");
}

TEST_CASE("a variable in a resource is the asking user's, and a star in a name is a star") {
  const auto homes = one("Allow", kAll, "s3:*", "b-1/home/${aws:username}/*");
  CHECK(ask(homes, "s3:GetObject", "b-1/home/bob/x") == "allow");
  CHECK(ask(homes, "s3:GetObject", "b-1/home/eve/x") == "nothing");
  CHECK(ask(homes, "s3:GetObject", "b-1/home/eve/x", user("1", "*")) == "nothing");
  CHECK(ask(homes, "s3:GetObject", "b-1/home/*/x", user("1", "*")) == "allow");
}

TEST_CASE("what stands in for a policy that cannot be read refuses everybody everything") {
  const auto policy = deny_all_policy();
  const Keys none;
  CHECK(evaluate_bucket_policy(policy, {owner("1"), "s3:GetObject", "arn:aws:s3:::b-1/k", none}).denied);
  CHECK(evaluate_bucket_policy(policy, {Principal{}, "s3:ListBucket", "arn:aws:s3:::b-1", none}).denied);
}
