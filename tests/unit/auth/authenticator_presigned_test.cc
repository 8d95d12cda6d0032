// Rows C1-C10 and D14 of the abuse cases: what a presigned URL may not be.
#include <catch2/catch.hpp>

#include "tests/unit/auth/signing.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

wire::RequestHead presigned(std::string method = "GET", const std::string& expires = "3600", std::string query = {}) {
  auto head = make_head(std::move(method), "/key", std::move(query));
  Signer().presign(head, expires);
  return head;
}

void replace_in_query(wire::RequestHead& head, std::string_view from, std::string_view to) {
  const auto at = head.query.find(from);
  REQUIRE(at != std::string::npos);
  head.query.replace(at, from.size(), to);
}

std::string without(const std::string& query, std::string_view name) {
  std::string kept;
  std::string_view rest = query;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('&'), rest.size());
    const auto piece = rest.substr(0, end);
    if (!piece.starts_with(std::string(name) + "=")) kept += (kept.empty() ? "" : "&") + std::string(piece);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return kept;
}

}  // namespace

TEST_CASE("a presigned request is accepted, and its payload is not signed") {
  const auto answer = Bench().ask(presigned());
  REQUIRE(answer);
  CHECK(answer->presigned);
  CHECK(answer->payload == PayloadMode::kUnsigned);
}

TEST_CASE("a presigned request may state its payload in the query, as some signers do") {
  auto head = make_head("PUT", "/key", "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD");
  Signer().presign(head);
  CHECK(Bench().ask(head));
  auto digest = make_head("PUT", "/key", "X-Amz-Content-Sha256=" + std::string(64, 'a'));
  Signer{.payload = std::string(64, 'a')}.presign(digest);
  const auto answer = Bench().ask(digest);
  REQUIRE(answer);
  CHECK(answer->payload == PayloadMode::kSha256);
}

TEST_CASE("C1: each of the six parameters is needed") {
  for (const auto* name : {"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders",
                           "X-Amz-Signature"}) {
    auto head = presigned();
    head.query = without(head.query, name);
    INFO(name);
    CHECK(Bench().refusal(head) == Refusal::kQueryMalformed);
  }
}

TEST_CASE("C2: three texts for three ways in which Expires is wrong") {
  const auto message = [](const std::string& expires) {
    const auto answer = Bench().ask(presigned("GET", expires));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().refusal == Refusal::kQueryMalformed);
    return answer.error().message;
  };
  CHECK(message("604801").find("less than a week") != std::string::npos);
  CHECK(message("-1") == "X-Amz-Expires must be non-negative");
  CHECK(message("soon") == "X-Amz-Expires should be a number");
  CHECK(message("99999999999999999999") != "");
  CHECK(Bench().ask(presigned("GET", "604800")));
}

TEST_CASE("C3: an expired request is refused, and one that expires at once always is") {
  Bench bench;
  bench.clock.advance(3'599'999);
  CHECK(bench.ask(presigned()));
  bench.clock.advance(1);
  const auto answer = bench.ask(presigned());
  REQUIRE_FALSE(answer);
  CHECK(answer.error().refusal == Refusal::kExpired);
  CHECK(answer.error().message == "Request has expired");
  CHECK(Bench().refusal(presigned("GET", "0")) == Refusal::kExpired);
}

TEST_CASE("C4: a request from the future is not valid yet") {
  Bench bench;
  bench.clock.advance(-15 * 60'000);
  CHECK(bench.ask(presigned()));
  bench.clock.advance(-1);
  CHECK(bench.refusal(presigned()) == Refusal::kNotYetValid);
}

TEST_CASE("C5: a doubled parameter is refused, not resolved") {
  for (const auto* piece : {"&X-Amz-Signature=00", "&X-Amz-Credential=a", "&X-Amz-Expires=1", "&X-Amz-Date=x",
                            "&X-Amz-SignedHeaders=host", "&X-Amz-Algorithm=AWS4-HMAC-SHA256"}) {
    auto behind = presigned();
    behind.query += piece;
    CHECK(Bench().refusal(behind) == Refusal::kQueryMalformed);
    auto before = presigned();
    before.query = std::string(piece).substr(1) + "&" + before.query;
    CHECK(Bench().refusal(before) == Refusal::kQueryMalformed);
  }
}

TEST_CASE("C6: an x-amz-* header that is not signed is refused") {
  for (const auto* name : {"x-amz-acl", "x-amz-copy-source", "x-amz-tagging"}) {
    auto head = presigned("PUT");
    head.headers.add(name, "value");
    CHECK(Bench().refusal(head) == Refusal::kHeadersNotSigned);
  }
}

TEST_CASE("C7: a parameter that was added is not what was signed") {
  for (const auto* piece : {"&versionId=1", "&uploadId=1", "&acl", "&response-content-disposition=x"}) {
    auto head = presigned();
    head.query += piece;
    CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
  }
}

TEST_CASE("C8: a URL does for one method") {
  for (const auto& [signed_for, used_for] : std::vector<std::pair<std::string, std::string>>{
           {"GET", "PUT"}, {"PUT", "GET"}, {"GET", "HEAD"}, {"GET", "DELETE"}}) {
    auto head = presigned(signed_for);
    head.method = used_for;
    CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
  }
}

TEST_CASE("C9: a key that was disabled after signing serves no more") {
  Bench bench;
  const auto head = presigned();
  CHECK(bench.ask(head));
  bench.credentials.set(kKey, kSecret, false);
  CHECK(bench.refusal(head) == Refusal::kUnknownKey);
}

TEST_CASE("C9: a changed secret is effective at once, with one authenticator") {
  Bench bench;
  const Authenticator authenticator(bench.credentials, bench.clock, {});
  CHECK(authenticator.authenticate(presigned()));
  bench.credentials.set(kKey, "rotated secret");
  CHECK_FALSE(authenticator.authenticate(presigned()));
}

TEST_CASE("C10: a session token is refused: there are no temporary keys") {
  auto head = make_head("GET", "/key", "X-Amz-Security-Token=abc");
  Signer().presign(head);
  CHECK(Bench().refusal(head) == Refusal::kUnknownKey);
  auto header = make_head("GET", "/key");
  header.headers.add("x-amz-security-token", "abc");
  Signer().sign(header);
  CHECK(Bench().refusal(header) == Refusal::kUnknownKey);
}

TEST_CASE("a wrong scope, algorithm or date of a presigned request is refused") {
  const Bench bench;
  auto region = make_head("GET", "/key");
  Signer{.scope = {.date = "20130524", .region = "eu-west-1", .service = "s3"}}.presign(region);
  const auto answer = bench.ask(region);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().refusal == Refusal::kQueryMalformed);
  CHECK(field(answer.error(), "Region") == "us-east-1");
  auto algorithm = presigned();
  replace_in_query(algorithm, "AWS4-HMAC-SHA256", "AWS4-HMAC-MD5");
  CHECK(bench.refusal(algorithm) == Refusal::kQueryMalformed);
  auto date = presigned();
  replace_in_query(date, "20130524T000000Z", "20130524");
  CHECK(bench.refusal(date) == Refusal::kQueryMalformed);
  auto other_day = presigned();
  replace_in_query(other_day, "20130524T000000Z", "20130523T235959Z");
  CHECK(bench.refusal(other_day) == Refusal::kQueryMalformed);
}

TEST_CASE("require_signed_payload refuses a presigned upload over cleartext, and lets downloads be") {
  Bench bench;
  bench.options.require_signed_payload = true;
  CHECK(bench.ask(presigned()));
  auto upload = presigned("PUT");
  upload.content_length = 5;
  CHECK(bench.refusal(upload) == Refusal::kUnsignedPayloadRefused);
  upload.secure = true;
  CHECK(bench.ask(upload));
}

TEST_CASE("D14: forged credentials in the query do not open a streaming upload") {
  auto head = make_head("PUT", "/key");
  head.headers.add("x-amz-content-sha256", wire::kStreamingUnsignedPayloadTrailer);
  Signer{.secret = "forged secret", .payload = std::string(wire::kStreamingUnsignedPayloadTrailer)}.presign(head);
  CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
}

TEST_CASE("a malformed escape in the query is refused") {
  CHECK(Bench().refusal(make_head("GET", "/key", "a=%zz")) == Refusal::kQueryMalformed);
}
