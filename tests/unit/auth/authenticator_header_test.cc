// Rows B1-B20 and D14 of the abuse cases: what the Authorization header may not be.
#include <catch2/catch.hpp>

#include "tests/unit/auth/signing.h"

using namespace objstore;
using namespace objstore::auth;
using namespace objstore::auth::testing;

namespace {

wire::RequestHead signed_get(const Signer& signer = {}) {
  auto head = make_head("GET", "/key", "prefix=a%2Fb");
  signer.sign(head);
  return head;
}

constexpr UnixMillis kMinute = 60'000;

}  // namespace

TEST_CASE("a request that is signed well is accepted") {
  CHECK(Bench().ask(signed_get()));
}

TEST_CASE("a request without credentials is anonymous") {
  const auto answer = Bench().ask(make_head("GET", "/key"));
  REQUIRE(answer);
  CHECK(answer->principal.anonymous);
  CHECK(answer->payload == PayloadMode::kNone);
}

TEST_CASE("B1: a wrong secret is a signature mismatch, and the string to sign is shown") {
  const auto answer = Bench().ask(signed_get({.secret = "another secret"}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().refusal == Refusal::kSignatureMismatch);
  CHECK(field(answer.error(), "AWSAccessKeyId") == kKey);
  CHECK(field(answer.error(), "StringToSign").starts_with("AWS4-HMAC-SHA256\n20130524T000000Z\n"));
}

TEST_CASE("B2: an unknown key and a disabled one are unknown, whatever signs") {
  Bench bench;
  CHECK(bench.refusal(signed_get({.key = "AKIAUNKNOWN"})) == Refusal::kUnknownKey);
  bench.credentials.set(kKey, kSecret, false);
  CHECK(bench.refusal(signed_get()) == Refusal::kUnknownKey);
  // Not even by what unknown keys are checked with.
  CHECK(bench.refusal(signed_get({.key = "X", .secret = "no request is ever signed with this text"})) ==
        Refusal::kUnknownKey);
}

TEST_CASE("B2: an unknown key takes the path of a wrong secret to its end") {
  Bench bench;
  const auto unknown = bench.ask(signed_get({.key = "AKIAUNKNOWN"}));
  const auto wrong = bench.ask(signed_get({.secret = "another secret"}));
  REQUIRE_FALSE((unknown || wrong));
  // Both were refused at the end: canonical request, signing key and signature had been computed.
  CHECK(field(unknown.error(), "StringToSign").size() == field(wrong.error(), "StringToSign").size());
  CHECK(unknown.error().fields.size() == wrong.error().fields.size());
  // Whatever else is wrong is found before either, and is the same to both.
  const auto both = [&](Signer signer) {
    const auto known = bench.refusal(signed_get(signer));
    signer.key = "AKIAUNKNOWN";
    CHECK(bench.refusal(signed_get(signer)) == known);
    return known;
  };
  CHECK(both({.time = kNow - 60 * kMinute, .scope = {.date = "20130523", .region = "us-east-1", .service = "s3"}}) ==
        Refusal::kClockSkew);
  CHECK(both({.leave_unsigned = {"x-amz-date"}}) == Refusal::kHeadersNotSigned);
  both({.leave_unsigned = {"host"}});
}

TEST_CASE("B3: a credential of another region is malformed, and the right region is named") {
  const auto answer = Bench().ask(signed_get({.scope = {.date = "20130524", .region = "eu-west-1", .service = "s3"}}));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().refusal == Refusal::kHeaderMalformed);
  CHECK(field(answer.error(), "Region") == "us-east-1");
}

TEST_CASE("B3: a malformed credential is refused") {
  const Bench bench;
  CHECK(bench.refusal(signed_get({.scope = {.date = "20130524", .region = "us-east-1", .service = "ec2"}})) ==
        Refusal::kHeaderMalformed);
  CHECK(bench.refusal(signed_get({.scope = {.date = "20130523", .region = "us-east-1", .service = "s3"}})) ==
        Refusal::kHeaderMalformed);
  CHECK(bench.refusal(signed_get({.scope = {.date = "2013", .region = "us-east-1", .service = "s3"}})) ==
        Refusal::kHeaderMalformed);
  for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"aws4_request", "aws5_request"},
                                                                                 {"/us-east-1/s3/", "/us-east-1/"},
                                                                                 {std::string(kKey) + "/", ""},
                                                                                 {std::string(kKey), ""}}) {
    auto head = signed_get();
    replace_header(head, "Authorization", from, to);
    CHECK(bench.refusal(head) == Refusal::kHeaderMalformed);
  }
}

TEST_CASE("B4: missing, doubled and unknown components are malformed") {
  const Bench bench;
  const auto value = std::string(*signed_get().headers.find("Authorization"));
  const auto signature = value.substr(value.find(", Signature="));
  const std::vector<std::string> broken = {"AWS4-HMAC-SHA256",
                                           "AWS4-HMAC-SHA256 ",
                                           value.substr(0, value.find(", Signature=")),
                                           value + signature,
                                           value + ", Extra=1",
                                           value + ",",
                                           "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=" + std::string(64, 'a')};
  for (const auto& text : broken) {
    auto head = signed_get();
    head.headers.set("Authorization", text);
    INFO(text);
    CHECK(bench.refusal(head) == Refusal::kHeaderMalformed);
  }
}

TEST_CASE("B5: other schemes are named as not supported") {
  for (const auto* text : {"AWS AKIAIOSFODNN7EXAMPLE:frJIUN8DYpKDtOLCwo//yllqDzg=", "Basic dXNlcjpwYXNz", "Bearer x",
                           "AWS4-ECDSA-P256-SHA256 Credential=x, SignedHeaders=host, Signature=00"}) {
    auto head = make_head("GET", "/key");
    head.headers.add("Authorization", text);
    CHECK(Bench().refusal(head) == Refusal::kUnsupportedScheme);
  }
  const auto old = make_head("GET", "/key", "AWSAccessKeyId=AKIA&Expires=1&Signature=abc");
  CHECK(Bench().refusal(old) == Refusal::kUnsupportedScheme);
}

TEST_CASE("B6: two mechanisms at once are refused") {
  auto twice = signed_get();
  twice.headers.add("Authorization", *twice.headers.find("Authorization"));
  CHECK(Bench().refusal(twice) == Refusal::kTwoMechanisms);
  auto both = make_head("GET", "/key");
  Signer().presign(both);
  Signer().sign(both);
  CHECK(Bench().refusal(both) == Refusal::kTwoMechanisms);
  auto old = make_head("GET", "/key", "AWSAccessKeyId=AKIA&Expires=1&Signature=abc");
  Signer().sign(old);
  CHECK(Bench().refusal(old) == Refusal::kTwoMechanisms);
}

TEST_CASE("B7: a clock that is more than 15 minutes off is refused, either way") {
  Bench bench;
  const auto head = signed_get();
  bench.clock.advance(15 * kMinute);
  CHECK(bench.ask(head));
  bench.clock.advance(1);
  const auto late = bench.ask(head);
  REQUIRE_FALSE(late);
  CHECK(late.error().refusal == Refusal::kClockSkew);
  CHECK(field(late.error(), "RequestTime") == "20130524T000000Z");
  bench.clock.advance(-30 * kMinute - 2);
  CHECK(bench.refusal(head) == Refusal::kClockSkew);
}

TEST_CASE("B8: without a date that can be read, access is denied") {
  auto none = signed_get();
  none.headers.remove("x-amz-date");
  CHECK(Bench().refusal(none) == Refusal::kNoDate);
  for (const auto* text : {"", "yesterday", "20130524", "2013-05-24T00:00:00Z", "20131324T000000Z"}) {
    auto head = signed_get();
    head.headers.set("x-amz-date", text);
    CHECK(Bench().refusal(head) == Refusal::kNoDate);
  }
  auto two = signed_get();
  two.headers.add("x-amz-date", "20130524T000000Z");
  CHECK(Bench().refusal(two) == Refusal::kNoDate);
}

TEST_CASE("B8: a Date header serves where x-amz-date is missing") {
  auto head = make_head("GET", "/key");
  head.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  head.headers.add("x-amz-content-sha256", wire::kEmptySha256);
  Signer().authorize(head);
  CHECK(Bench().ask(head));
}

TEST_CASE("B9: every x-amz-* header must be signed, and those that are not are named") {
  for (const std::string name : {"x-amz-copy-source", "x-amz-tagging", "x-amz-acl", "X-Amz-Meta-A"}) {
    auto head = signed_get();
    head.headers.add(name, "value");
    const auto answer = Bench().ask(head);
    REQUIRE_FALSE(answer);
    CHECK(answer.error().refusal == Refusal::kHeadersNotSigned);
    CHECK(field(answer.error(), "HeadersNotSigned") == to_lower(name));
  }
}

TEST_CASE("B10: other headers need no signature") {
  auto head = signed_get();
  head.headers.add("Content-Type", "text/plain");
  head.headers.add("X-Custom", "value");
  CHECK(Bench().ask(head));
}

TEST_CASE("B11: the signed headers hold host, each once, in lower case, and all of them are there") {
  const Bench bench;
  CHECK(bench.refusal(signed_get({.leave_unsigned = {"host"}})) == Refusal::kHeaderMalformed);
  const std::vector<std::string> lists = {"host;host;x-amz-content-sha256;x-amz-date",
                                          "Host;x-amz-content-sha256;x-amz-date",
                                          "x-amz-content-sha256;host;x-amz-date", ""};
  for (const auto& list : lists) {
    auto head = signed_get();
    replace_header(head, "Authorization", "host;x-amz-content-sha256;x-amz-date", list);
    CHECK(bench.refusal(head) == Refusal::kHeaderMalformed);
  }
  auto absent = signed_get();
  replace_header(absent, "Authorization", "host;x-amz", "host;range;x-amz");
  CHECK(bench.refusal(absent) == Refusal::kSignatureMismatch);
}

TEST_CASE("B12: another Host is another request") {
  auto head = signed_get();
  head.headers.set("Host", "otherbucket.s3.amazonaws.com");
  CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
}

TEST_CASE("B13: x-amz-content-sha256 is required") {
  auto head = make_head("GET", "/key");
  head.headers.add("x-amz-date", "20130524T000000Z");
  Signer().authorize(head);
  CHECK(Bench().refusal(head) == Refusal::kMissingContentSha256);
}

TEST_CASE("B15: a payload that is neither a digest nor a keyword is refused") {
  for (const auto* text : {"abc", "UNSIGNED", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
                           "zzb0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"})
    CHECK(Bench().refusal(signed_get({.payload = text})) == Refusal::kInvalidContentSha256);
  auto two = signed_get();
  two.headers.add("x-amz-content-sha256", wire::kUnsignedPayload);
  CHECK(Bench().refusal(two) == Refusal::kInvalidContentSha256);
}

TEST_CASE("B16: an unsigned payload is accepted, and over cleartext refused where the operator says so") {
  Bench bench;
  auto head = signed_get({.payload = std::string(wire::kUnsignedPayload)});
  CHECK(bench.ask(head)->payload == PayloadMode::kUnsigned);
  bench.options.require_signed_payload = true;
  CHECK(bench.refusal(head) == Refusal::kUnsignedPayloadRefused);
  CHECK(bench.refusal(signed_get({.payload = std::string(wire::kStreamingUnsignedPayloadTrailer)})) ==
        Refusal::kUnsignedPayloadRefused);
  CHECK(bench.ask(signed_get()));
  head.secure = true;
  CHECK(bench.ask(head));
}

TEST_CASE("B17, B18: another spelling of path or query that means something else is not what was signed") {
  for (const auto& [path, query] : std::vector<std::pair<std::string, std::string>>{{"//key", "prefix=a%2Fb"},
                                                                                    {"/./key", "prefix=a%2Fb"},
                                                                                    {"/ke", "prefix=a%2Fb"},
                                                                                    {"/key", "prefix=a%2Fc"},
                                                                                    {"/key", "prefix=a%2Fb&prefix=c"},
                                                                                    {"/key", ""}}) {
    auto head = signed_get();
    head.path = path;
    head.query = query;
    CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
  }
}

TEST_CASE("B19: a signature that is short, long or not hexadecimal is a wrong one") {
  const auto good = signed_get();
  const std::string value(*good.headers.find("Authorization"));
  const auto at = value.find("Signature=") + std::string_view("Signature=").size();
  for (const auto& signature :
       {value.substr(at, 63), value.substr(at) + "0", std::string(64, 'z'), std::string(64, '0')}) {
    auto head = good;
    head.headers.set("Authorization", value.substr(0, at) + signature);
    CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
  }
}

TEST_CASE("B20: a signed request does for no other method, and not for ever") {
  Bench bench;
  auto head = signed_get();
  head.method = "DELETE";
  CHECK(bench.refusal(head) == Refusal::kSignatureMismatch);
  bench.clock.advance(16 * kMinute);
  CHECK(bench.refusal(signed_get()) == Refusal::kClockSkew);
}

TEST_CASE("D14: a forged seed signature is refused in every streaming mode") {
  for (const auto payload :
       {wire::kStreamingUnsignedPayloadTrailer, wire::kStreamingSignedPayload, wire::kStreamingSignedPayloadTrailer}) {
    auto head = make_head("PUT", "/key");
    Signer{.secret = "forged secret", .payload = std::string(payload)}.sign(head);
    CHECK(Bench().refusal(head) == Refusal::kSignatureMismatch);
    auto honest = make_head("PUT", "/key");
    Signer{.payload = std::string(payload)}.sign(honest);
    CHECK(Bench().ask(honest));
  }
}

TEST_CASE("an anonymous request cannot claim signed chunks") {
  auto head = make_head("PUT", "/key");
  head.headers.add("x-amz-content-sha256", wire::kStreamingSignedPayload);
  CHECK(Bench().refusal(head) == Refusal::kInvalidContentSha256);
}

TEST_CASE("no refusal repeats a secret or a signature") {
  const auto head = signed_get({.secret = "canary-secret-canary"});
  const auto answer = Bench().ask(head);
  REQUIRE_FALSE(answer);
  const std::string value(*head.headers.find("Authorization"));
  const auto signature = value.substr(value.size() - 64);
  for (const auto& [name, text] : answer.error().fields) {
    CHECK(text.find(std::string(kSecret)) == std::string::npos);
    CHECK(text.find(signature) == std::string::npos);
  }
}
