// G8, G9: conditions, one row for a case.
#include "server/auth/policy_condition.h"

#include "tests/unit/auth/policies.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

using Values = std::vector<std::string>;

bool judge(std::string_view op, const Values& policy, const std::optional<Values>& request, bool variables = true) {
  const auto parsed = parse_operator(op);
  REQUIRE(parsed);
  Keys keys =
      request ? Keys{{"key", *request}, {"aws:username", {"bob"}}, {"star", {"*"}}} : Keys{{"aws:username", {"bob"}}};
  return holds(Condition{.op = *parsed, .key = "key", .values = policy}, keys, variables);
}

struct Row {
  std::string op;
  Values policy;
  std::optional<Values> request;
  bool holds;
};

void check(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    INFO(row.op << " " << (row.policy.empty() ? "" : row.policy[0]) << " : "
                << (row.request && !row.request->empty() ? row.request->front() : "-"));
    CHECK(judge(row.op, row.policy, row.request) == row.holds);
  }
}

constexpr std::nullopt_t kAbsent = std::nullopt;

}  // namespace

TEST_CASE("G8: strings are compared by their operator, and one of several values is enough") {
  check({
      {"StringEquals", {"a", "b"}, Values{"b"}, true},
      {"StringEquals", {"a"}, Values{"A"}, false},
      {"StringEquals", {"a*"}, Values{"ab"}, false},
      {"StringEquals", {"a*"}, Values{"a*"}, true},
      {"StringEquals", {""}, Values{""}, true},
      {"StringNotEquals", {"a", "b"}, Values{"b"}, false},
      {"StringNotEquals", {"a", "b"}, Values{"c"}, true},
      {"StringEqualsIgnoreCase", {"aB"}, Values{"Ab"}, true},
      {"StringNotEqualsIgnoreCase", {"aB"}, Values{"Ab"}, false},
      {"StringLike", {"home/*"}, Values{"home/a/b"}, true},
      {"StringLike", {"home/?"}, Values{"home/"}, false},
      {"StringLike", {"home/*"}, Values{"Home/a"}, false},
      {"StringNotLike", {"home/*"}, Values{"home/a"}, false},
      {"StringNotLike", {"home/*"}, Values{"away"}, true},
  });
}

TEST_CASE("G8: numbers, dates, truth values and bytes") {
  check({
      {"NumericEquals", {"10"}, Values{"10.0"}, true},
      {"NumericNotEquals", {"10"}, Values{"11"}, true},
      {"NumericLessThan", {"10"}, Values{"9"}, true},
      {"NumericLessThan", {"10"}, Values{"10"}, false},
      {"NumericLessThanEquals", {"10"}, Values{"10"}, true},
      {"NumericGreaterThan", {"10"}, Values{"9"}, false},
      {"NumericGreaterThanEquals", {"10"}, Values{"10"}, true},
      {"NumericLessThan", {"10"}, Values{"nine"}, false},
      {"NumericLessThan", {"10"}, Values{"nan"}, false},
      {"DateLessThan", {"2030-01-01T00:00:00Z"}, Values{"2029-12-31T23:59:59Z"}, true},
      {"DateGreaterThan", {"2030-01-01T00:00:00Z"}, Values{"2029-12-31T23:59:59Z"}, false},
      {"DateEquals", {"1893456000"}, Values{"2030-01-01T00:00:00Z"}, true},
      {"DateLessThanEquals", {"2030-01-01"}, Values{"1893456000"}, true},
      {"DateNotEquals", {"2030-01-01"}, Values{"2030-01-02"}, true},
      {"DateGreaterThanEquals", {"2030-01-01"}, Values{"never"}, false},
      {"Bool", {"true"}, Values{"true"}, true},
      {"Bool", {"True"}, Values{"false"}, false},
      {"Bool", {"false"}, Values{"maybe"}, false},
      {"BinaryEquals", {"QmluYXJ5"}, Values{"QmluYXJ5"}, true},
      {"BinaryEquals", {"QmluYXJ5"}, Values{"QmluYXJ6"}, false},
  });
}

TEST_CASE("G9: an address matches its network, however it is written") {
  check({
      {"IpAddress", {"10.1.0.0/16"}, Values{"10.1.255.255"}, true},
      {"IpAddress", {"10.1.0.0/16"}, Values{"10.2.0.0"}, false},
      {"IpAddress", {"10.1.2.3"}, Values{"10.1.2.3"}, true},
      {"IpAddress", {"10.1.2.3/24"}, Values{"10.1.2.200"}, true},
      {"IpAddress", {"10.0.0.0/8"}, Values{"::ffff:10.1.2.3"}, true},
      {"IpAddress", {"::ffff:10.0.0.0/104"}, Values{"10.1.2.3"}, true},
      {"IpAddress", {"::ffff:10.0.0.0/104"}, Values{"11.1.2.3"}, false},
      {"IpAddress", {"0.0.0.0/0"}, Values{"2001:db8::1"}, false},
      {"IpAddress", {"2001:db8::/33"}, Values{"2001:db8:7fff::1"}, true},
      {"IpAddress", {"2001:db8::/33"}, Values{"2001:db8:8000::1"}, false},
      {"IpAddress", {"0.0.0.0/0", "::/0"}, Values{"2001:db8::1"}, true},
      {"IpAddress", {"10.0.0.0/8"}, Values{"10.1.2.3.4"}, false},
      {"IpAddress", {"10.0.0.0/8"}, Values{"010.1.2.3"}, false},
      {"NotIpAddress", {"10.0.0.0/8"}, Values{"::ffff:10.1.2.3"}, false},
      {"NotIpAddress", {"10.0.0.0/8"}, Values{"11.1.2.3"}, true},
  });
  for (const char* bad :
       {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0/8", "x", "", "::ffff:10.0.0.0/8", "10.0.0.0/-1"})
    CHECK_FALSE(check_value(*parse_operator("IpAddress"), bad));
}

TEST_CASE("ARNs match part by part") {
  check({
      {"ArnLike", {"arn:aws:iam::111:user/*"}, Values{"arn:aws:iam::111:user/a/b"}, true},
      {"ArnEquals", {"arn:aws:iam::*:user/bob"}, Values{"arn:aws:iam::222:user/bob"}, true},
      {"ArnLike", {"arn:aws:*:user/bob"}, Values{"arn:aws:iam::222:user/bob"}, false},
      {"ArnLike", {"*"}, Values{"arn:aws:iam::222:user/bob"}, true},
      {"ArnNotLike", {"arn:aws:iam::111:*"}, Values{"arn:aws:iam::111:root"}, false},
      {"ArnNotEquals", {"arn:aws:iam::111:root"}, Values{"arn:aws:iam::222:root"}, true},
      {"ArnLike", {"arn:aws:iam::111:*"}, Values{"bob"}, false},
  });
}

TEST_CASE("G8: a key that the request does not have") {
  check({
      {"StringEquals", {"a"}, kAbsent, false},
      {"StringEquals", {""}, kAbsent, false},
      {"StringNotEquals", {"a"}, kAbsent, true},
      {"StringNotLike", {"*"}, kAbsent, true},
      {"StringLike", {"*"}, kAbsent, false},
      {"NumericLessThan", {"9"}, kAbsent, false},
      {"Bool", {"false"}, kAbsent, false},
      {"IpAddress", {"0.0.0.0/0"}, kAbsent, false},
      {"NotIpAddress", {"0.0.0.0/0"}, kAbsent, true},
      {"StringEqualsIfExists", {"a"}, kAbsent, true},
      {"StringEqualsIfExists", {"a"}, Values{"b"}, false},
      {"BoolIfExists", {"false"}, kAbsent, true},
      {"StringNotEqualsIfExists", {"a"}, Values{"a"}, false},
      {"Null", {"true"}, kAbsent, true},
      {"Null", {"false"}, kAbsent, false},
      {"Null", {"true"}, Values{""}, false},
      {"Null", {"false"}, Values{""}, true},
      {"Null", {"true"}, Values{}, true},
  });
}

TEST_CASE("G8: keys with several values, and the trap of ForAllValues over none") {
  check({
      {"ForAnyValue:StringEquals", {"a", "b"}, Values{"x", "b"}, true},
      {"ForAnyValue:StringEquals", {"a"}, Values{"x", "y"}, false},
      {"ForAnyValue:StringEquals", {"a"}, kAbsent, false},
      {"ForAnyValue:StringNotEquals", {"a"}, Values{"a", "y"}, true},
      {"ForAnyValue:StringNotEquals", {"a"}, kAbsent, false},
      {"ForAllValues:StringEquals", {"a", "b"}, Values{"b", "a"}, true},
      {"ForAllValues:StringEquals", {"a", "b"}, Values{"b", "c"}, false},
      {"ForAllValues:StringLike", {"a*"}, Values{"ab", "ac"}, true},
      {"ForAllValues:StringNotEquals", {"a"}, Values{"a", "y"}, false},
      {"ForAllValues:StringEquals", {"a"}, kAbsent, true},
      {"ForAllValues:StringEquals", {"a"}, Values{}, true},
      {"ForAllValues:StringEqualsIfExists", {"a"}, kAbsent, true},
      {"StringNotEquals", {"a"}, Values{"b", "a"}, false},
      {"StringEquals", {"a"}, Values{"b", "a"}, true},
  });
}

TEST_CASE("variables are replaced in texts, and what they stand for is no wildcard") {
  CHECK(judge("StringEquals", {"${aws:username}"}, Values{"bob"}));
  CHECK(judge("StringLike", {"home/${aws:username}/*"}, Values{"home/bob/x"}));
  CHECK_FALSE(judge("StringLike", {"home/${aws:username}/*"}, Values{"home/eve/x"}));
  CHECK_FALSE(judge("StringEquals", {"${aws:username}"}, Values{"bob"}, false));
  CHECK(judge("StringEquals", {"${aws:username}"}, Values{"${aws:username}"}, false));
  CHECK_FALSE(judge("StringLike", {"${star}"}, Values{"anything"}));
  CHECK(judge("StringLike", {"${star}"}, Values{"*"}));
  CHECK(judge("StringLike", {"a${*}b"}, Values{"a*b"}));
  CHECK_FALSE(judge("StringLike", {"a${*}b"}, Values{"axb"}));
  CHECK(judge("StringLike", {"${$}{x}${?}"}, Values{"${x}?"}));
  CHECK_FALSE(judge("StringLike", {"${no:such}*"}, Values{"x"}));
  CHECK(judge("StringNotLike", {"${no:such}*"}, Values{"x"}));
  CHECK(judge("StringEquals", {"${no:such, 'else'}"}, Values{"else"}));
}

TEST_CASE("what is no operator is told from what is one") {
  for (const char* text : {"", "stringEquals", "StringEqual", "ForSomeValues:StringEquals", "IfExists", "NumericLike"})
    CHECK_FALSE(parse_operator(text));
}
