// Requests and replies of every kind over a socket.
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/http/playground.h"
#include "tests/unit/http/socket_client.h"

namespace objstore::http::testing {
namespace {

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i % 251);
  return bytes;
}

// What /sink answers for `body`.
std::string receipt(std::string_view body) {
  std::uint32_t sum = 0;
  for (const char c : body) sum = sum * 31 + static_cast<unsigned char>(c);
  return std::to_string(body.size()) + " " + std::to_string(sum);
}

TEST_CASE("one connection serves request after request") {
  Running running;
  SocketClient client(running.port());
  for (int i = 0; i < 20; ++i) {
    REQUIRE(client.send(request("GET", "/hello")));
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "hello");
    CHECK(answer->has("Server: Objstore\r\n"));
    CHECK(answer->has("Date: "));
    CHECK_FALSE(answer->has("Connection:"));
  }
  CHECK(running.server.stats().connections_accepted == 1);
}

TEST_CASE("the handler sees who asks, and an id for each request") {
  Running running;
  SocketClient client(running.port());
  client.send(request("GET", "/hello"));
  REQUIRE(client.read_answer());
  const wire::RequestHead first = running.playground.last_head();
  client.send(request("GET", "/hello"));
  REQUIRE(client.read_answer());
  const wire::RequestHead second = running.playground.last_head();
  CHECK(first.peer.address == "127.0.0.1");
  CHECK(first.peer.port != 0);
  CHECK_FALSE(first.secure);
  CHECK(first.request_id.size() == 16);
  CHECK(first.request_id.find_first_not_of("0123456789ABCDEF") == std::string::npos);
  CHECK(first.request_id != second.request_id);
}

TEST_CASE("pipelined requests are answered in order") {
  Running running;
  SocketClient client(running.port());
  std::string requests;
  for (int i = 0; i < 50; ++i)
    requests += request("PUT", "/sink", {}, std::string(static_cast<std::size_t>(i + 1), 'x'));
  client.send(requests + request("GET", "/hello", "Connection: close\r\n"));
  for (int i = 0; i < 50; ++i) {
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->body == receipt(std::string(static_cast<std::size_t>(i + 1), 'x')));
  }
  const auto last = client.read_answer();
  REQUIRE(last);
  CHECK(last->has("Connection: close\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("HTTP/1.0 gets one answer and the end") {
  Running running;
  SocketClient client(running.port());
  client.send("GET /hello HTTP/1.0\r\n\r\n");
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(client.is_closed());
}

TEST_CASE("uploads of every size arrive whole") {
  Running running;
  SocketClient client(running.port());
  for (const std::size_t size : {0U, 1U, 4'096U, 16'384U, 16'385U, 262'144U, 262'145U, 1'000'000U, 5'000'000U}) {
    const std::string body = pattern(size);
    client.send(request("PUT", "/sink", {}, body));
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->body == receipt(body));
  }
  CHECK(running.playground.sinks_dropped() == 0);
}

TEST_CASE("large bodies of known length are received into the sink's own memory, for as many at once as may be") {
  Options options = quiet_options();
  options.limits.bodies_in_place_max = 1;
  Running running(options);
  SocketClient first(running.port());
  for (const std::size_t size : {1U, 262'144U, 262'145U, 409'600U, 1'000'000U, 5'000'000U}) {
    const std::size_t before = running.playground.in_rooms();
    const std::string body = pattern(size);
    first.send(request("PUT", "/rooms", {}, body));
    const auto answer = first.read_answer();
    REQUIRE(answer);
    CHECK(answer->body == receipt(body));
    CHECK((running.playground.in_rooms() > before) == (size > 262'144));
  }
  const std::size_t before = running.playground.in_rooms();
  const std::string body = pattern(1'000'000);
  const std::string upload = request("PUT", "/rooms", {}, body);
  first.send(upload.substr(0, 500'000));
  while (running.playground.in_rooms() == before) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  SocketClient second(running.port());
  second.send(upload);
  const auto beside = second.read_answer();
  REQUIRE(beside);
  CHECK(beside->body == receipt(body));
  first.send(upload.substr(500'000));
  const auto last = first.read_answer();
  REQUIRE(last);
  CHECK(last->body == receipt(body));
  CHECK(running.playground.in_rooms() == before + 10);
}

TEST_CASE("a sink that refuses, or a client that goes, while a room is being filled") {
  Running running;
  for (int round = 0; round < 20; ++round) {
    SocketClient refused(running.port());
    refused.send(request("PUT", "/picky-rooms", {}, pattern(3'000'000)));
    const auto answer = refused.read_answer();
    REQUIRE(answer);
    CHECK(answer->status == 403);
    SocketClient gone(running.port());
    gone.send(request("PUT", "/rooms", {}, pattern(3'000'000))
                  .substr(0, 1'500'000 + 1'000 * static_cast<std::size_t>(round)));
  }
  SocketClient client(running.port());
  const std::string body = pattern(2'000'000);
  client.send(request("PUT", "/rooms", {}, body));
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == receipt(body));
  CHECK(running.playground.finished_uploads() == 1);
}

TEST_CASE("a chunked upload larger than every buffer arrives whole") {
  Running running;
  SocketClient client(running.port());
  const std::string piece = pattern(70'000);
  std::string framed;
  std::string body;
  for (int i = 0; i < 20; ++i) {
    framed += "11170\r\n" + piece + "\r\n";
    body += piece;
  }
  client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + framed + "0\r\n\r\n");
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == receipt(body));
}

TEST_CASE("downloads of every size arrive whole") {
  Running running;
  SocketClient client(running.port());
  for (const std::size_t size : {0U, 1U, 65'536U, 65'537U, 10'000'000U}) {
    client.send(request("GET", "/source?" + std::to_string(size)));
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->body == pattern(size));
  }
}

// So many downloads that stand still that every other one sends where it reads.
std::vector<std::unique_ptr<SocketClient>> crowd_of(std::uint16_t port) {
  std::vector<std::unique_ptr<SocketClient>> crowd;
  for (unsigned i = 0; i < std::max(2U, std::thread::hardware_concurrency()); ++i) {
    crowd.push_back(std::make_unique<SocketClient>(port, 4'096));
    crowd.back()->send(request("GET", "/source?50000000"));
    crowd.back()->read_bytes(1);
  }
  return crowd;
}

TEST_CASE("of many downloads at once each arrives whole, those that pause too") {
  Running running;
  auto crowd = crowd_of(running.port());
  std::vector<std::jthread> readers;
  std::atomic<int> whole = 0;
  for (unsigned i = 0; i < 6; ++i) {
    readers.emplace_back([&running, &whole, i] {
      SocketClient client(running.port(), i % 2 == 0 ? 0 : 65'536);
      for (const std::size_t size : {0U, 1U, 65'537U, 200'000U, 20'000'000U}) {
        client.send(request("GET", "/source?" + std::to_string(size)));
        const auto answer = client.read_answer();
        if (answer && answer->body == pattern(size)) ++whole;
      }
    });
  }
  readers.clear();
  CHECK(whole == 30);
  const auto paused = crowd.front()->read_answer();  // but for its first byte
  REQUIRE(paused);
  CHECK(paused->body == pattern(50'000'000));
  CHECK(running.server.stats().bytes_out > 6 * 20'000'000 + 50'000'000);
}

TEST_CASE("in a crowd, too, a source that fails later cuts the connection, and a reader that goes harms nobody") {
  Running running;
  auto crowd = crowd_of(running.port());
  for (const char* target : {"/broken?200000", "/broken?0", "/short?1000"}) {
    SocketClient client(running.port());
    client.send(request("GET", target));
    const auto answer = client.read_answer();
    CHECK((answer ? answer->status == 500 : client.was_reset()));
  }
  crowd.clear();
  while (running.server.stats().connections_open > 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  SocketClient client(running.port());
  client.send(request("GET", "/source?3000000"));
  CHECK(client.read_answer()->body == pattern(3'000'000));
}

TEST_CASE("HEAD, 204 and 304 have no body") {
  Running running;
  SocketClient client(running.port());
  client.send(request("HEAD", "/head") + request("GET", "/204") + request("GET", "/304") +
              request("HEAD", "/source?9"));
  CHECK(client.read_answer(false)->has("Content-Length: 1234\r\n"));
  CHECK(client.read_answer(false)->status == 204);
  CHECK(client.read_answer(false)->status == 304);
  CHECK(client.read_answer(false)->has("Content-Length: 9\r\n"));
  client.send(request("GET", "/hello"));
  CHECK(client.read_answer()->body == "hello");
}

TEST_CASE("a document is read up to its limit") {
  Running running;
  SocketClient client(running.port());
  const std::string document = pattern(64 * 1024);
  client.send(request("POST", "/document", {}, document));
  CHECK(client.read_answer()->body == document);
  SECTION("announced as too large") {
    client.send(request("POST", "/document", {}, document + "x"));
    CHECK(client.read_answer()->body == "TooLarge");
  }
  SECTION("too large without saying so") {
    client.send("POST /document HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n10001\r\n" + document +
                "x\r\n0\r\n\r\n");
    CHECK(client.read_answer()->body == "TooLarge");
  }
}

TEST_CASE("a sink that refuses answers with its own words and the connection survives a small rest") {
  Running running;
  SocketClient client(running.port());
  client.send(request("PUT", "/picky", {}, pattern(10'000)) + request("GET", "/hello"));
  CHECK(client.read_answer()->status == 403);
  CHECK(client.read_answer()->body == "hello");
}

TEST_CASE("an upload that ends early is refused and dropped") {
  Running running;
  SocketClient client(running.port());
  client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n" + pattern(50'000));
  client.finish_sending();
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->body == "IncompleteBody");
  CHECK(client.is_closed());
  CHECK(running.playground.finished_uploads() == 0);
}

TEST_CASE("a ticket that another thread completes holds no worker") {
  Running running({}, 1);
  SocketClient waiting(running.port());
  SocketClient other(running.port());
  waiting.send(request("GET", "/ticket"));
  other.send(request("GET", "/hello"));
  CHECK(other.read_answer()->body == "hello");
  CHECK(waiting.read_answer()->body == "later");
}

TEST_CASE("a dropped promise and a broken handler become errors") {
  Running running;
  SocketClient lost(running.port());
  lost.send(request("GET", "/lost"));
  CHECK(lost.read_answer()->status == 503);
  SocketClient broken(running.port());
  broken.send(request("GET", "/throw"));
  const auto answer = broken.read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 500);
  CHECK(answer->has("Connection: close\r\n"));
  CHECK(broken.is_closed());
}

TEST_CASE("a header that would split the reply never leaves") {
  Running running;
  SocketClient client(running.port());
  client.send(request("GET", "/inject"));
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 500);
  CHECK_FALSE(answer->has("Set-Cookie"));
  CHECK(client.is_closed());
}

TEST_CASE("a source that fails at once becomes an error reply") {
  Running running;
  SocketClient client(running.port());
  client.send(request("GET", "/broken?0"));
  CHECK(client.read_answer()->status == 500);
}

TEST_CASE("a source that fails later cuts the connection") {
  Running running;
  for (const char* target : {"/broken?200000", "/short?1000"}) {
    SocketClient client(running.port());
    client.send(request("GET", target));
    CHECK_FALSE(client.read_answer());
    CHECK(client.was_reset());
  }
  CHECK(running.server.stats().replies_cut == 2);
}

TEST_CASE("the server counts what it does") {
  Running running;
  SocketClient client(running.port());
  client.send(request("PUT", "/sink", {}, pattern(1'000)) + request("GET", "/deny"));
  client.read_answer();
  client.read_answer();
  client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  client.read_answer();
  CHECK(client.is_closed());
  const Stats stats = running.server.stats();
  CHECK(stats.requests_by_class[2] == 2);
  CHECK(stats.requests_by_class[4] == 1);
  CHECK(stats.bytes_in == 1'000);
  CHECK(stats.requests_in_progress == 0);
}

}  // namespace
}  // namespace objstore::http::testing
