// Signing and retries, without a network and without sleeping.
#include "client/lib/s3_caller.h"

#include <catch2/catch.hpp>

#include "tests/unit/client/fake_transport.h"

namespace objstore::client {
namespace {

TEST_CASE("a request that succeeds is sent once, and signed") {
  FakeServer server([](const SeenRequest&) { return FakeAnswer{.body = "<a/>"}; });
  const auto response = server.caller.call({.bucket = "bkt", .key = "k"});
  REQUIRE(response);
  CHECK(response->body == "<a/>");
  const auto seen = server.transport.seen();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].target == "/bkt/k");
  CHECK(seen[0].headers.find("host") == "host:9000");
  CHECK(seen[0].headers.find("authorization")->starts_with("AWS4-HMAC-SHA256 Credential=AK/20130524/us-east-1/s3/"));
  CHECK(server.slept.empty());
}

TEST_CASE("a busy server is asked again, and not for ever") {
  FakeServer server([](const SeenRequest&) { return error_answer(503, "SlowDown"); }, 4);
  const auto response = server.caller.call({.bucket = "bkt"});
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::kUnavailable);
  CHECK(server.transport.seen().size() == 4);
  CHECK(server.slept.size() == 3);
}

TEST_CASE("a server that recovers is none the worse") {
  int calls = 0;
  FakeServer server([&](const SeenRequest&) -> Result<FakeAnswer> {
    if (++calls == 1) return fail(Errc::kUnreachable, "reset");
    if (calls == 2) return error_answer(500, "InternalError");
    return FakeAnswer{.body = "fine"};
  });
  CHECK(server.caller.call({.bucket = "bkt"})->body == "fine");
  CHECK(server.slept.size() == 2);
}

TEST_CASE("a refusal is not repeated") {
  FakeServer server([](const SeenRequest&) { return error_answer(403, "AccessDenied"); });
  CHECK(server.caller.call({.bucket = "bkt"}).error().code == Errc::kAccessDenied);
  CHECK(server.transport.seen().size() == 1);
}

TEST_CASE("Retry-After is waited for") {
  int calls = 0;
  FakeServer server([&](const SeenRequest&) -> Result<FakeAnswer> {
    if (++calls > 1) return FakeAnswer{};
    auto answer = error_answer(503, "SlowDown");
    answer.headers.add("Retry-After", "2");
    return answer;
  });
  REQUIRE(server.caller.call({.bucket = "bkt"}));
  REQUIRE(server.slept.size() == 1);
  CHECK(server.slept[0] >= std::chrono::seconds(2));
}

TEST_CASE("an error document under status 200 is an error, and repeated when it may pass") {
  int calls = 0;
  FakeServer server([&](const SeenRequest&) -> Result<FakeAnswer> {
    return ++calls == 1 ? error_answer(200, "InternalError") : error_answer(200, "InvalidPart");
  });
  const auto response = server.caller.call({.method = "POST", .bucket = "bkt", .key = "k"});
  REQUIRE_FALSE(response);
  CHECK(response.error().code == Errc::kInvalidPart);
  CHECK(calls == 2);
}

TEST_CASE("a stop ends the waiting") {
  std::stop_source stop;
  FakeServer server([&](const SeenRequest&) -> Result<FakeAnswer> {
    stop.request_stop();
    return error_answer(503, "SlowDown");
  });
  CHECK(server.caller.call({.bucket = "bkt", .stop = stop.get_token()}).error().code == Errc::kCancelled);
  CHECK(server.transport.seen().size() == 1);
}

TEST_CASE("the body is sent anew with every attempt") {
  const std::string text = "body";
  const MemoryBody body(as_bytes(text));
  int calls = 0;
  FakeServer server([&](const SeenRequest&) -> Result<FakeAnswer> {
    if (++calls == 1) return fail(Errc::kUnreachable, "reset");
    return FakeAnswer{};
  });
  REQUIRE(server.caller.call({.method = "PUT", .bucket = "bkt", .key = "k", .body = &body}));
  for (const auto& seen : server.transport.seen()) {
    CHECK(seen.body == text);
    CHECK(seen.headers.find("content-length") == "4");
  }
}

TEST_CASE("HEAD says by its status alone what is missing") {
  FakeServer server([](const SeenRequest&) { return FakeAnswer{.status = 404}; });
  CHECK(server.caller.open({.method = "HEAD", .bucket = "bkt", .key = "k"}).error().code == Errc::kNoSuchKey);
  CHECK(server.caller.open({.method = "HEAD", .bucket = "bkt"}).error().code == Errc::kNoSuchBucket);
}

TEST_CASE("a document beyond the limit is refused") {
  FakeServer server([](const SeenRequest&) { return FakeAnswer{.body = std::string(kDocumentBytesMax + 1, 'x')}; });
  CHECK(server.caller.call({.bucket = "bkt"}).error().code == Errc::kTooLarge);
}

TEST_CASE("a presigned URL carries its signature and its time") {
  const FakeServer server([](const SeenRequest&) { return FakeAnswer{}; });
  const ObjectName object{BucketName::parse("bkt").value(), ObjectKey::parse("a b").value()};
  const auto url = server.caller.presign("GET", object, 60);
  REQUIRE(url);
  CHECK(url->starts_with("http://host:9000/bkt/a%20b?"));
  CHECK(url->find("X-Amz-Expires=60") != std::string::npos);
  CHECK(url->find("X-Amz-Signature=") != std::string::npos);
  CHECK(server.caller.presign("GET", object, 0).error().code == Errc::kInvalidArgument);
  CHECK(server.transport.seen().empty());
}

}  // namespace
}  // namespace objstore::client
