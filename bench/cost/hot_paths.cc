// Runs what requests are made of, each path a number of times between two marks that callgrind sees: the regression
// guard (tests/cost) counts the instructions. Counts hardly depend on the machine and not at all on what else runs on
// it.
//
// Requests go through the real front end over a store in memory, without sockets.
#include <valgrind/callgrind.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/http/head_check.h"
#include "server/http/limits.h"
#include "server/http/reply_head.h"
#include "server/storage/chunker.h"
#include "tests/unit/api/s3_bench.h"

namespace {

using namespace objstore;
using s3::testing::Ask;
using s3::testing::S3Bench;

constexpr int kWarmUp = 5;

// Counts `times` runs under `name`. An operation's first runs fetch, allocate and cache what later ones find.
void measure(const char* name, int times, const std::function<void()>& path) {
  for (int i = 0; i < kWarmUp; ++i) path();
  CALLGRIND_ZERO_STATS;
  for (int i = 0; i < times; ++i) path();
  CALLGRIND_DUMP_STATS_AT(name);
  std::printf("counted %s %d\n", name, times);
}

std::string noise(std::size_t length) {
  std::string text(length, '\0');
  std::uint64_t x = 88172645463325252U;
  for (char& c : text) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    c = static_cast<char>(x);
  }
  return text;
}

// As the transport would. Not S3Bench's own way: its checks would count.
void exchange(S3Bench& bench, const wire::RequestHead& head, const std::string& body, int wanted) {
  api::Exchange exchange = bench.front().begin(head);
  auto* ticket = std::get_if<Ticket<api::Reply>>(&exchange);
  std::optional<Ticket<api::Reply>> finished;
  if (ticket == nullptr) {
    auto& sink = std::get<std::unique_ptr<api::Sink>>(exchange);
    if (!sink->write(as_bytes(body))) std::exit(1);
    ticket = &finished.emplace(sink->finish());
  }
  Result<api::Reply> reply = ticket->wait();
  if (!reply || reply->status != wanted) std::exit(1);
  for (std::uint64_t left = reply->source ? reply->content_length : 0; left > 0;) {
    const auto piece = reply->source->next();
    if (!piece) std::exit(1);
    left -= piece->size();
  }
}

constexpr std::string_view kHead =
    "GET /bucket/folder/object-000123 HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nAccept-Encoding: identity\r\n"
    "User-Agent: Boto3/1.26.27 Python/3.11.2 Linux/6.1 Botocore/1.29.27\r\nX-Amz-Date: 20130524T000000Z\r\n"
    "X-Amz-Content-SHA256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\r\n"
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
    "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
    "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\r\n\r\n";

void heads() {
  measure("request_head", 200, [] {
    http::HeadScanner scanner(http::HeadLimits{});
    http::CheckedHead checked;
    if (scanner.feed(kHead) != http::HeadScanner::State::kComplete ||
        http::check_head(kHead.substr(0, scanner.length()), http::HeadLimits{}, checked)) {
      std::exit(1);
    }
  });
  api::Reply reply;
  for (const auto& [name, value] :
       {std::pair{"ETag", "\"9e107d9d372bb6826bd81d3542a419d6\""},
        std::pair{"Last-Modified", "Fri, 24 May 2013 00:00:00 GMT"}, std::pair{"Content-Type", "binary/octet-stream"},
        std::pair{"Accept-Ranges", "bytes"}, std::pair{"x-amz-request-id", "0123456789ABCDEF"},
        std::pair{"x-amz-id-2", "0123456789ABCDEF0123456789ABCDEF"}}) {
    reply.headers.add(name, value);
  }
  std::string out;
  measure("reply_head", 200, [&] {
    out.clear();
    if (!http::is_sendable(reply)) std::exit(1);
    http::append_reply_head(out, reply, {.streaming = true, .date = "Fri, 24 May 2013 00:00:00 GMT"});
  });
}

// Signing is the client's work, so it is done before.
void request(S3Bench& bench, const char* name, int wanted, const Ask& ask, int times) {
  const wire::RequestHead head = bench.signed_head(ask, nullptr);
  measure(name, times, [&] { exchange(bench, head, ask.body, wanted); });
}

void requests() {
  S3Bench bench;
  REQUIRE(bench.put("/bucket", "").status == 200);
  const std::string body = noise(4096);
  for (int i = 0; i < 1000; ++i) REQUIRE(bench.put("/bucket/folder/" + std::to_string(1000 + i), body).status == 200);
  request(bench, "put_4k", 200, {.method = "PUT", .path = "/bucket/key", .body = body}, 100);
  request(bench, "get_4k", 200, {.method = "GET", .path = "/bucket/key"}, 200);
  request(bench, "head", 200, {.method = "HEAD", .path = "/bucket/key"}, 200);
  request(bench, "list_1000_keys", 200, {.method = "GET", .path = "/bucket", .query = "list-type=2"}, 5);
  request(bench, "delete_absent", 204, {.method = "DELETE", .path = "/bucket/none"}, 100);
}

void bytes() {
  const std::string body = noise(std::size_t{4} << 20);
  const storage::Chunker chunker(std::size_t{256} << 10);
  measure("cut_4_mib", 2, [&] {
    for (ByteView rest = as_bytes(body); !rest.empty();) rest = rest.subspan(chunker.cut(rest));
  });
  measure("crc64nvme_4_mib", 2, [&] {
    if (wire::crc64nvme(0, as_bytes(body)) == 0) std::exit(1);
  });
}

}  // namespace

TEST_CASE("hot paths") {
  heads();
  requests();
  bytes();
}
