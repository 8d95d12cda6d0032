#include "common/wire/sigv4.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "common/base/bytes.h"
#include "common/wire/uri.h"
#include "tests/unit/wire/sigv4_suite.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

const CredentialScope kSuiteScope{.date = "20150830", .region = "us-east-1", .service = "service"};

std::vector<std::string> sorted_names(const Headers& headers) {
  std::vector<std::string> names;
  for (const Header& header : headers) names.push_back(to_lower(header.name));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());
  return names;
}

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ";") + name;
  return out;
}

std::string payload_of(const suite::Case& c) {
  return to_hex(sha256(as_bytes(c.body)));
}

std::string suite_signature(const CanonicalInput& input) {
  const auto canonical = canonical_request(input);
  REQUIRE(canonical);
  return signature_of(derive_signing_key(suite::kSecret, kSuiteScope),
                      string_to_sign(suite::kDate, kSuiteScope, *canonical));
}

// A request of which nothing matters but path and query.
std::string canonical_of(std::string_view path, std::string_view query) {
  Headers headers;
  headers.add("Host", "h");
  const std::vector<std::string> names = {"host"};
  return canonical_request({"GET", path, query, headers, names, kUnsignedPayload}).value_or("refused");
}

}  // namespace

TEST_CASE("the cases of AWS's signing suite, in header form") {
  CHECK(suite::kCases.size() == 32);
  for (const suite::Case& c : suite::kCases) {
    INFO(c.name);
    Headers headers;
    headers.add("X-Amz-Date", suite::kDate);
    for (const auto& [name, value] : c.headers) headers.add(name, value);
    headers.add("Host", "example.amazonaws.com");
    if (!c.body.empty()) headers.add("X-Amz-Content-Sha256", payload_of(c));
    const auto names = sorted_names(headers);
    CHECK(suite_signature({c.method, c.path, c.query, headers, names, payload_of(c)}) == c.header_signature);
  }
}

TEST_CASE("the cases of AWS's signing suite, in query form") {
  for (const suite::Case& c : suite::kCases) {
    INFO(c.name);
    Headers headers;
    QueryBuilder added;
    added.add("X-Amz-Algorithm", kSigV4Algorithm).add("X-Amz-Credential", "AKIDEXAMPLE/" + kSuiteScope.str());
    for (const auto& [name, value] : c.headers) {
      if (name == "X-Amz-Security-Token") {
        added.add(name, value);
      } else {
        headers.add(name, value);
      }
    }
    headers.add("Host", "example.amazonaws.com");
    const auto names = sorted_names(headers);
    added.add("X-Amz-Date", suite::kDate).add("X-Amz-Expires", "3600").add("X-Amz-SignedHeaders", joined(names));
    added.add("X-Amz-Signature", c.query_signature);
    const std::string query = std::string(c.query) + "&" + added.str();
    CHECK(suite_signature({c.method, c.path, query, headers, names, payload_of(c)}) == c.query_signature);
    const auto params = QueryParams::parse(query);
    REQUIRE(params);
    const auto presigned = parse_presigned(*params);
    REQUIRE(presigned);
    CHECK(presigned->authorization.signature == c.query_signature);
    CHECK(presigned->authorization.signed_headers == names);
  }
}

TEST_CASE("a path is encoded once and never normalised, however its escapes are spelled") {
  const std::string plain = canonical_of("/a/../b//c%20d%2Be", "");
  CHECK_THAT(plain, Catch::StartsWith("GET\n/a/../b//c%20d%2Be\n\n"));
  CHECK(canonical_of("/a/%2e%2E/b//c d%2be", "") == plain);
  CHECK(canonical_of("/a%2F%2e./b//c%20d+e", "") == plain);
  CHECK_THAT(canonical_of("", ""), Catch::StartsWith("GET\n/\n"));
  CHECK(canonical_of("/%zz", "") == "refused");
}

TEST_CASE("a query is sorted by encoded name and then by encoded value") {
  CHECK_THAT(canonical_of("/", "b=2&a-=1&a=2&a=%31&a&c=x+y&%c3%bc=1&X-Amz-Signature=f"),
             Catch::StartsWith("GET\n/\n%C3%BC=1&a=&a=1&a=2&a-=1&b=2&c=x%20y\n"));
}

TEST_CASE("a signed header that is not there is refused") {
  Headers headers;
  headers.add("Host", "h");
  const std::vector<std::string> names = {"host", "x-amz-acl"};
  const auto canonical = canonical_request({"GET", "/", "", headers, names, kUnsignedPayload});
  REQUIRE_FALSE(canonical);
  CHECK(canonical.error().code == Errc::kSignatureMismatch);
}

TEST_CASE("signatures compare by value") {
  const std::string a(64, 'a');
  CHECK(signature_equals(a, a));
  CHECK(signature_equals(a, std::string(64, 'A')));
  CHECK_FALSE(signature_equals(a, std::string(63, 'a')));
  CHECK_FALSE(signature_equals(a, std::string(65, 'a')));
  CHECK_FALSE(signature_equals(a, std::string(64, 'g')));
  CHECK_FALSE(signature_equals(a, std::string(63, 'a') + "b"));
  CHECK_FALSE(signature_equals(a, ""));
}

TEST_CASE("x-amz headers that are not signed are named, once and sorted") {
  Headers headers;
  for (const char* name : {"Host", "X-Amz-Tagging", "X-Custom", "x-amz-acl", "X-AMZ-ACL", "X-Amz-Date"})
    headers.add(name, "v");
  const std::vector<std::string> names = {"host", "x-amz-date"};
  CHECK(unsigned_amz_headers(headers, names) == std::vector<std::string>{"x-amz-acl", "x-amz-tagging"});
}

TEST_CASE("the key cache gives the derived key, per secret and scope, also when it overflows") {
  SigningKeyCache cache(2);
  CredentialScope scope = kSuiteScope;
  for (int round = 0; round < 2; ++round) {
    for (const char* region : {"a", "b", "c"}) {
      scope.region = region;
      CHECK(cache.get("one", scope) == derive_signing_key("one", scope));
      CHECK(cache.get("one", scope) == derive_signing_key("one", scope));
      CHECK(cache.get("two", scope) == derive_signing_key("two", scope));
    }
  }
}
