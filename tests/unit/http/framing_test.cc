// Table A of the abuse cases on a real socket: what the peer sees, and that nothing behind a refusal is ever answered.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "tests/unit/http/playground.h"
#include "tests/unit/http/socket_client.h"

namespace objstore::http::testing {
namespace {

const std::string kSmuggled = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

// Sends `head` with a request behind it: refused with one of the statuses, closed, and the second one never answered.
void expect_refused(Running& running, const std::string& bytes, const std::vector<int>& statuses) {
  INFO(bytes.substr(0, 200));
  const std::size_t before = running.playground.requests();
  SocketClient client(running.port());
  client.send(bytes + kSmuggled);
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(std::find(statuses.begin(), statuses.end(), answer->status) != statuses.end());
  CHECK(answer->has("Connection: close\r\n"));
  CHECK(client.is_closed());
  CHECK(running.playground.requests() == before);
}

std::string put(const std::string& headers, const std::string& body = "0\r\n\r\n") {
  return "PUT /sink HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n" + body;
}

TEST_CASE("A1-A9: heads with doubtful framing are refused and nothing behind them is answered") {
  Running running;
  const std::vector<std::string> bad_requests = {
      put("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
      put("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n"),
      put("Transfer-Encoding: chunked, chunked\r\n"),
      put("Transfer-Encoding: chunked, identity\r\n"),
      put("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
      put("Transfer-Encoding:\tchunked\r\n"),
      put("Content-Length: 5\r\nContent-Length: 5\r\n"),
      put("Content-Length: 5, 5\r\n"),
      put("Content-Length: +5\r\n"),
      put("Content-Length: 18446744073709551616\r\n"),
      put("X-A: b\r\n folded\r\n"),
      put("X-A: b\nX-B: c\r\n"),
      put("X-A: b\rc\r\n"),
      put(std::string("X-A: b\0c\r\n", 10)),
      put("X-A : b\r\n"),
      put("Host: other\r\n"),
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET http://other/hello HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "PUT /sink HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "GET /hello\r\n",
  };
  for (const std::string& bytes : bad_requests) expect_refused(running, bytes, {400});
  expect_refused(running, put("Transfer-Encoding: gzip\r\nContent-Length: 5\r\n"), {400, 501});
  expect_refused(running, put("Transfer-Encoding: identity\r\n"), {501});
  expect_refused(running, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505});
  expect_refused(running, "GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: localhost\r\n\r\n", {414});
  expect_refused(running, "GET /hello HTTP/1.1\r\nX-A: " + std::string(9000, 'a') + "\r\nHost: localhost\r\n\r\n",
                 {431});
  expect_refused(running, put("Expect: tea\r\nContent-Length: 5\r\n"), {417});
  CHECK(running.server.stats().heads_refused == bad_requests.size() + 6);
}

TEST_CASE("a refused HEAD request has no body") {
  Running running;
  SocketClient client(running.port());
  client.send("HEAD /hello HTTP/1.1\r\nHost: a b\r\n\r\n");
  const auto answer = client.read_answer(false);
  REQUIRE(answer);
  CHECK(answer->status == 400);
  CHECK(client.is_closed());
}

TEST_CASE("A11: broken chunk framing refuses the upload and closes") {
  Running running;
  std::string trailers;
  for (int i = 0; i < 65; ++i) trailers += "X-A: b\r\n";
  const std::vector<std::string> bodies = {
      "5;" + std::string(1100, 'a') + "\r\nhello\r\n0\r\n\r\n",
      "0\r\n" + trailers + "\r\n",
      "0\r\nContent-Length: 5\r\n\r\n",
      "0\r\nHost: other\r\n\r\n",
      "0\r\nAuthorization: x\r\n\r\n",
      "FFFFFFFFFFFFFFFFF\r\n",
      "FFFFFFFFFFFFFFFF\r\n",
      "5\r\nhelloXX0\r\n\r\n",
      "5\nhello\r\n0\r\n\r\n",
  };
  for (const std::string& body : bodies) {
    INFO(body.substr(0, 60));
    const std::size_t before = running.playground.finished_uploads();
    SocketClient client(running.port());
    client.send(put("Transfer-Encoding: chunked\r\n", body) + kSmuggled);
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->status == 400);
    CHECK(answer->body == "IncompleteBody");
    CHECK(client.is_closed());
    CHECK(running.playground.finished_uploads() == before);
  }
  CHECK(running.playground.sinks_dropped() == bodies.size());
}

TEST_CASE("a chunked upload is decoded and the connection goes on behind it") {
  Running running;
  SocketClient client(running.port());
  client.send(put("Transfer-Encoding: Chunked\r\n", "5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nX-T: a\r\n\r\n") +
              kSmuggled);
  const auto upload = client.read_answer();
  REQUIRE(upload);
  CHECK(upload->body.substr(0, 3) == "11 ");
  const auto next = client.read_answer();
  REQUIRE(next);
  CHECK(next->body == "hello");
}

TEST_CASE("A13: the body of a GET is drained, never parsed as a request") {
  Running running;
  SocketClient client(running.port());
  client.send(request("GET", "/hello", {}, kSmuggled) + request("HEAD", "/head"));
  const auto first = client.read_answer();
  REQUIRE(first);
  CHECK(first->body == "hello");
  const auto second = client.read_answer(false);
  REQUIRE(second);
  CHECK(second->has("Content-Length: 1234\r\n"));
  CHECK(running.playground.requests() == 2);
}

TEST_CASE("A13: a large unwanted body ends the connection, and the client can read the answer") {
  Running running;
  SocketClient client(running.port());
  const std::string body(4 * 1024 * 1024, 'x');
  client.send(request("PUT", "/deny", {}, body));
  const auto answer = client.read_answer();
  REQUIRE(answer);
  CHECK(answer->status == 403);
  CHECK(answer->has("Connection: close\r\n"));
  CHECK(client.is_closed());
}

TEST_CASE("a small unwanted body that comes late is drained") {
  Running running;
  SocketClient client(running.port());
  client.send("PUT /deny HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  REQUIRE(client.read_answer()->status == 403);
  client.send(std::string(1000, 'x') + kSmuggled);
  const auto next = client.read_answer();
  REQUIRE(next);
  CHECK(next->body == "hello");
}

TEST_CASE("A14: 100 Continue is sent for a wanted body only") {
  Running running;
  SECTION("wanted") {
    SocketClient client(running.port());
    client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto invitation = client.read_answer();
    REQUIRE(invitation);
    CHECK(invitation->status == 100);
    client.send("hello");
    REQUIRE(client.read_answer()->status == 200);
  }
  SECTION("unwanted") {
    SocketClient client(running.port());
    client.send("PUT /deny HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK(answer->has("Connection: close\r\n"));
    CHECK(client.is_closed());
  }
  SECTION("sent already") {
    SocketClient client(running.port());
    client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
    REQUIRE(client.read_answer()->status == 100);
    REQUIRE(client.read_answer()->status == 200);
  }
  SECTION("empty") {
    SocketClient client(running.port());
    client.send("PUT /sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n");
    REQUIRE(client.read_answer()->status == 100);
    REQUIRE(client.read_answer()->status == 200);
  }
  SECTION("sent already and unwanted") {
    SocketClient client(running.port());
    client.send("PUT /deny HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello");
    const auto answer = client.read_answer();
    REQUIRE(answer);
    CHECK(answer->status == 403);
    CHECK(answer->has("Connection: close\r\n"));
  }
}

}  // namespace
}  // namespace objstore::http::testing
