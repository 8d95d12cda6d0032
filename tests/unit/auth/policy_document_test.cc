// X7 and the grammar: what is a policy, and what is refused with which sentence.
#include "server/auth/policy_document.h"

#include "server/auth/bucket_policy_rules.h"
#include "tests/unit/auth/policies.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

constexpr std::string_view kRest = "'Principal':'*','Action':'s3:GetObject','Resource':'arn:aws:s3:::b-1/*'";

std::string statement(std::string_view more = {}) {
  return "{'Effect':'Allow'," + std::string(kRest) + std::string(more) + "}";
}

// The sentence of the refusal; empty for a good policy.
std::string complaint(const std::string& text) {
  const auto policy = parse_bucket_policy(text, bucket_of("b-1"));
  return policy ? "" : policy.error().message;
}

std::string complaint_about(const std::string& statements) {
  return complaint(policy_text(statements));
}

}  // namespace

TEST_CASE("a policy's elements are read, as one text or a list of them") {
  const auto policy = bucket_policy(R"({'Sid':'one','Effect':'Deny','Principal':{'AWS':['111','arn:aws:iam::222:root',
    'arn:aws:iam::333:user/team/bob'],'CanonicalUser':'abc','Service':'x.amazonaws.com'},
    'NotAction':['s3:Get*','s3:PutObject'],'NotResource':'arn:aws:s3:::b-1/a','Condition':{'StringLike':
    {'s3:prefix':['a','b']},'NumericLessThan':{'s3:max-keys':10},'Bool':{'aws:SecureTransport':false}}},
    {'Effect':'Allow','Principal':'*','Action':'*','Resource':['arn:aws:s3:::b-1','arn:aws:s3:::b-1/*']})");
  REQUIRE(policy.statements.size() == 2);
  CHECK(policy.has_variables);
  const auto& first = policy.statements[0];
  CHECK(first.sid == "one");
  CHECK(first.effect == Effect::kDeny);
  using Kind = PolicyPrincipal::Kind;
  REQUIRE(first.principals.size() == 5);
  CHECK((first.principals[0].kind == Kind::kAccount && first.principals[0].account == "111"));
  CHECK((first.principals[1].kind == Kind::kAccount && first.principals[1].account == "222"));
  CHECK((first.principals[2].kind == Kind::kUser && first.principals[2].user == "team/bob"));
  CHECK(first.principals[3].kind == Kind::kCanonicalUser);
  CHECK(first.principals[4].kind == Kind::kOther);
  CHECK(first.not_action);
  CHECK(first.actions == std::vector<std::string>{"s3:get*", "s3:putobject"});
  CHECK(first.not_resource);
  REQUIRE(first.conditions.size() == 3);
  CHECK(first.conditions[0].values == std::vector<std::string>{"a", "b"});
  CHECK(first.conditions[1].values == std::vector<std::string>{"10"});
  CHECK(first.conditions[2].values == std::vector<std::string>{"false"});
  CHECK(policy.statements[1].principals[0].kind == Kind::kEveryone);
}

TEST_CASE("one statement needs no list, and the older version has no variables") {
  CHECK(complaint(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",)"
                  R"("Resource":"arn:aws:s3:::b-1/*"}})")
            .empty());
  CHECK_FALSE(parse_bucket_policy(policy_text(statement(), "2008-10-17"), bucket_of("b-1"))->has_variables);
}

TEST_CASE("X7: what is no JSON, or says a thing twice, or nests too deep, is refused") {
  const std::string json = "Policies must be valid JSON and the first byte must be '{'";
  for (const char* text : {"", "x", "[]", "\"a\"", "{", "{} {}", " {}", "null", "{\"Statement\":\"\xff\"}", "{'a':1}"})
    CHECK(complaint(text) == json);
  std::string deep = "{\"Statement\":";
  for (int i = 0; i < 40; ++i) deep += "[";
  CHECK(complaint(deep) == json);
  CHECK(complaint(R"({"Version":"2012-10-17","Statement":[],"Version":"2012-10-17"})") == "Duplicate element: Version");
  CHECK(complaint_about(statement(",'Effect':'Deny'")) == "Duplicate element: Effect");
  CHECK(complaint_about(statement(",'Condition':{'Bool':{'aws:SecureTransport':'true'},'Bool':{}}")) ==
        "Duplicate element: Bool");
  CHECK(
      complaint_about(statement(",'Condition':{'Bool':{'aws:SecureTransport':'true','AWS:securetransport':'true'}}")) ==
      "Duplicate element: AWS:securetransport");
}

TEST_CASE("X7: a policy above 20 KB is refused") {
  const std::string fits = policy_text(statement());
  CHECK(complaint(fits + std::string(kPolicyBytesMax - fits.size(), ' ')).empty());
  CHECK(complaint(fits + std::string(kPolicyBytesMax - fits.size() + 1, ' ')) ==
        "Policy exceeds the maximum allowed document size.");
}

TEST_CASE("X7: unknown elements, missing ones and wrong shapes are refused in S3's words") {
  struct Row {
    std::string statements;
    std::string message;
  };
  const std::vector<Row> rows = {
      {statement(",'Extra':1"), "Unknown field Extra"},
      {statement(",'action':'s3:*'"), "Unknown field action"},
      {"{'Effect':'Allow','Principal':'*','Action':'s3:GetObject'}", "Missing required field Resource"},
      {"{'Effect':'Allow','Principal':'*','Resource':'arn:aws:s3:::b-1'}", "Missing required field Action"},
      {"{'Effect':'Allow','Action':'s3:GetObject','Resource':'arn:aws:s3:::b-1'}", "Missing required field Principal"},
      {"{" + std::string(kRest) + "}", "Missing required field Effect"},
      {"{'Effect':'allow'," + std::string(kRest) + "}", "Invalid effect: allow"},
      {statement() + ",1", "Invalid policy syntax: Statement"},
      {"", "Could not parse the policy: Statement is empty!"},
      {statement(",'Sid':'a'") + "," + statement(",'Sid':'a'"),
       "Statement IDs (SID) in a single policy must be unique."},
      {statement(",'NotAction':'s3:*'"), "A statement has Action or NotAction, not both"},
      {statement(",'Condition':{'StringSame':{'s3:prefix':'a'}}"), "Invalid Condition type : StringSame"},
      {statement(",'Condition':{'NullIfExists':{'s3:prefix':'true'}}"), "Invalid Condition type : NullIfExists"},
      {statement(",'Condition':{'StringEquals':{'s3:prefixes':'a'}}"), "Policy has an invalid condition key"},
      {statement(",'Condition':{'IpAddress':{'aws:SourceIp':'10.0.0.0/33'}}"),
       "Invalid value in a condition: 10.0.0.0/33"},
      {statement(",'Condition':{'NumericEquals':{'s3:max-keys':'ten'}}"), "Invalid value in a condition: ten"},
      {statement(",'Condition':{'Bool':{'aws:SecureTransport':'yes'}}"), "Invalid value in a condition: yes"},
      {statement(",'Condition':{'DateLessThan':{'aws:CurrentTime':'soon'}}"), "Invalid value in a condition: soon"},
      {statement(",'Condition':{'StringEquals':{'s3:prefix':{}}}"), "Invalid policy syntax: s3:prefix"},
      {statement(",'Condition':{'StringEquals':{'s3:prefix':null}}"), "Invalid policy syntax: s3:prefix"},
  };
  for (const Row& row : rows) {
    INFO(row.statements);
    CHECK(complaint_about(row.statements) == row.message);
  }
  CHECK(complaint(R"({"Version":"2012-10-18","Statement":[]})") == "The policy must contain a valid version string");
  CHECK(complaint(R"({"Version":"2012-10-17"})") == "Missing required field Statement");
  CHECK(complaint(R"({"Rules":[]})") == "Unknown field Rules");
}

TEST_CASE("a bucket's policy speaks of S3 actions on this bucket alone") {
  const auto of = [](std::string_view action, std::string_view resource) {
    return complaint_about("{'Effect':'Allow','Principal':'*','Action':'" + std::string(action) + "','Resource':'" +
                           std::string(resource) + "'}");
  };
  for (const char* action : {"s3:*", "*", "s3:Get?bject", "S3:getobject"})
    CHECK(of(action, "arn:aws:s3:::b-1").empty());
  for (const char* action : {"ec2:Run", "s3:", "GetObject", "", "s3:Get Object", "s3:a:b"})
    CHECK(of(action, "arn:aws:s3:::b-1") == "Policy has invalid action");
  for (const char* resource : {"arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*", "arn:aws:s3:::*", "arn:aws:s3:::b-?/x",
                               "arn:aws:s3:::b-1/${aws:username}/*"})
    CHECK(of("s3:*", resource).empty());
  for (const char* resource : {"*", "arn:aws:s3:::b-2", "arn:aws:s3:::b-10/*", "arn:aws:s3:::c*", "b-1/*",
                               "arn:aws:s3::team:b-1", "arn:aws:ec2:::b-1", "arn:aws:s3:::${aws:username}/b-1"})
    CHECK(of("s3:*", resource) == "Policy has invalid resource");
}

TEST_CASE("principals are accounts, users and everybody; no wildcard stands inside a name") {
  const auto of = [](std::string_view principal) {
    return complaint_about("{'Effect':'Allow','Principal':" + std::string(principal) +
                           ",'Action':'s3:*','Resource':'arn:aws:s3:::b-1'}");
  };
  for (const char* good : {"'*'", "{'AWS':'*'}", "{'AWS':['123456789012','arn:aws:iam::team:user/a']}",
                           "{'AWS':'arn:aws:iam::123456789012:role/r'}", "{'CanonicalUser':'x'}"})
    CHECK(of(good).empty());
  for (const char* bad : {"'123456789012'", "{'AWS':'arn:aws:iam::*:root'}", "{'AWS':'arn:aws:iam::1:user/*'}",
                          "{'AWS':'arn:aws:iam::1:group/g'}", "{'AWS':'arn:aws:s3:::x'}", "{}", "[]", "{'AWS':'a b'}"})
    CHECK(of(bad) == "Invalid principal in policy");
  CHECK(of("{'Aws':'*'}") == "Unknown field Aws");
}

TEST_CASE("G5: Allow with NotPrincipal is refused when the policy is uploaded, Deny is not") {
  const std::string rest = ",'NotPrincipal':{'AWS':'111'},'Action':'s3:*','Resource':'arn:aws:s3:::b-1'}";
  CHECK(complaint_about("{'Effect':'Allow'" + rest) == "Allow with NotPrincipal is not allowed.");
  CHECK(complaint_about("{'Effect':'Deny'" + rest).empty());
}

TEST_CASE("a user's policy names no principal") {
  CHECK_FALSE(parse_identity_policy(policy_text(statement())));
  CHECK(parse_identity_policy(policy_text("{'Effect':'Allow','Action':'iam:Get*','Resource':'*'}")));
  CHECK(parse_identity_policy("\n" + policy_text("{'Effect':'Allow','Action':'*','Resource':'*'}") + "\n"));
}

TEST_CASE("a policy is public when it lets in more than fixed principals, networks and sources") {
  const auto with = [](std::string_view condition) {
    return is_public(
        bucket_policy("{'Effect':'Allow'," + std::string(kRest) + ",'Condition':" + std::string(condition) + "}"));
  };
  CHECK(is_public(bucket_policy(statement())));
  CHECK_FALSE(is_public(bucket_policy("{'Effect':'Deny'," + std::string(kRest) + "}")));
  CHECK_FALSE(
      is_public(bucket_policy("{'Effect':'Allow','Principal':{'AWS':'arn:aws:iam::1:root'},"
                              "'Action':'s3:*','Resource':'arn:aws:s3:::b-1'}")));
  CHECK_FALSE(with("{'IpAddress':{'aws:SourceIp':'10.0.0.0/8'}}"));
  CHECK_FALSE(with("{'IpAddress':{'aws:SourceIp':['10.0.0.0/8','2001:db8::/32']}}"));
  CHECK(with("{'IpAddress':{'aws:SourceIp':'0.0.0.0/0'}}"));
  CHECK(with("{'IpAddress':{'aws:SourceIp':['10.0.0.1','0.0.0.0/1']}}"));
  CHECK(with("{'IpAddress':{'aws:SourceIp':'2001::/16'}}"));
  CHECK(with("{'NotIpAddress':{'aws:SourceIp':'10.0.0.1'}}"));
  CHECK(with("{'IpAddressIfExists':{'aws:SourceIp':'10.0.0.1'}}"));
  CHECK_FALSE(with("{'StringEquals':{'aws:SourceVpc':'vpc-1'}}"));
  CHECK(with("{'StringLike':{'aws:SourceVpc':'vpc-*'}}"));
  CHECK(with("{'StringEquals':{'aws:Referer':'http://a/'}}"));
  CHECK(with("{'Bool':{'aws:SecureTransport':'true'}}"));
}
