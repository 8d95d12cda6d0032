#include "server/http/head_check.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace objstore::http {
namespace {

constexpr std::string_view kHost = "Host: h\r\n";

// The status that refuses `raw`; 0 when it is accepted.
int status_of(std::string_view raw, CheckedHead* out = nullptr) {
  CheckedHead ignored;
  HeadScanner scanner({});
  const HeadScanner::State state = scanner.feed(raw);
  if (state == HeadScanner::State::kRefused) return scanner.fault().status;
  REQUIRE(state == HeadScanner::State::kComplete);
  const auto fault = check_head(raw.substr(0, scanner.length()), {}, out ? *out : ignored);
  return fault ? fault->status : 0;
}

int status_of_headers(const std::string& headers) {
  return status_of("PUT /b/k HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
}

struct Row {
  std::string text;
  int status;
};

TEST_CASE("A9: request lines are taken or refused by the letter") {
  const std::vector<Row> rows = {
      {"GET / HTTP/1.1", 0},
      {"GET /a?b=c HTTP/1.1", 0},
      {"OPTIONS /a HTTP/1.1", 0},
      {"GET  / HTTP/1.1", 400},
      {"GET /  HTTP/1.1", 400},
      {"GET / x HTTP/1.1", 400},
      {" GET / HTTP/1.1", 400},
      {"GET\t/ HTTP/1.1", 400},
      {"GET /", 400},
      {"GET / http/1.1", 400},
      {"GET / HTTP/1.2", 505},
      {"GET / HTTP/2.0", 505},
      {"PRI * HTTP/2.0", 505},
      {"GET / HTTP/1.1 ", 400},
      {"GET / HTTP/11", 400},
      {"get / HTTP/1.1", 400},
      {"Get / HTTP/1.1", 400},
      {"BREW / HTTP/1.1", 501},
      {"TRACE / HTTP/1.1", 501},
      {"CONNECT h:80 HTTP/1.1", 501},
      {"AVERYLONGMETHODNAME / HTTP/1.1", 400},
      {"G(T / HTTP/1.1", 400},
      {"GET * HTTP/1.1", 400},
      {"GET a HTTP/1.1", 400},
      {"GET /a#b HTTP/1.1", 400},
      {"GET /\xc3\xa4 HTTP/1.1", 400},
      {"GET /\x7f HTTP/1.1", 400},
      {"GET http://h/a HTTP/1.1", 0},
      {"GET http://h HTTP/1.1", 0},
      {"GET HTTPS://H/a HTTP/1.1", 0},
      {"GET http://other/a HTTP/1.1", 400},
      {"GET http://h:80/a HTTP/1.1", 400},
      {"GET http://u@h/a HTTP/1.1", 400},
      {"GET http:///a HTTP/1.1", 400},
      {"GET http://h?a HTTP/1.1", 400},
      {"GET ftp://h/a HTTP/1.1", 400},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(status_of(row.text + "\r\nHost: h\r\n\r\n") == row.status);
  }
}

TEST_CASE("A1-A7: framing headers have one reading or none") {
  const std::vector<Row> rows = {
      {"Content-Length: 5\r\n", 0},
      {"content-length:5\r\n", 0},
      {"Content-Length: 0\r\n", 0},
      {"Content-Length:  5 \r\n", 0},
      {"Transfer-Encoding: chunked\r\n", 0},
      {"Transfer-Encoding: CHUNKED\r\n", 0},
      // A1
      {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", 400},
      // A2
      {"Transfer-Encoding: gzip\r\n", 501},
      {"Transfer-Encoding: identity\r\n", 501},
      {"Transfer-Encoding: xchunked\r\n", 501},
      {"Transfer-Encoding: gzip\r\nContent-Length: 5\r\n", 400},
      // A3
      {"Transfer-Encoding: chunked, chunked\r\n", 400},
      {"Transfer-Encoding: chunked, identity\r\n", 400},
      {"Transfer-Encoding: identity, chunked\r\n", 400},
      // A4
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400},
      {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", 400},
      {"Transfer-Encoding:\tchunked\r\n", 400},
      {"Transfer-Encoding: chunked\t\r\n", 400},
      {"Transfer-Encoding: \x0b"
       "chunked\r\n",
       400},
      {"Transfer-Encoding: \"chunked\"\r\n", 400},
      {"Transfer-Encoding: chunked;q=1\r\n", 400},
      {"Transfer-Encoding: chunked,\r\n", 400},
      {"Transfer-Encoding:\r\n", 400},
      // A5
      {"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
      {"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
      {"Content-Length: 5, 5\r\n", 400},
      {"Content-Length: +5\r\n", 400},
      {"Content-Length: -5\r\n", 400},
      {"Content-Length: 0x5\r\n", 400},
      {"Content-Length: 0005\r\n", 400},
      {"Content-Length: 00\r\n", 400},
      {"Content-Length: 5 5\r\n", 400},
      {"Content-Length:\t5\r\n", 400},
      {"Content-Length:\r\n", 400},
      {"Content-Length: 18446744073709551616\r\n", 400},
      {"Content-Length: 9223372036854775808\r\n", 400},
      {"Content-Length: 9223372036854775807\r\n", 0},
      // A6
      {"X-A: b\r\n c\r\n", 400},
      {"X-A: b\r\n\tc\r\n", 400},
      {"Content-Length: 5\r\n 6\r\n", 400},
      // A7
      {"X-A: b\nX-B: c\r\n", 400},
      {"X-A: b\rX-B: c\r\n", 400},
      {"X-A: b\r\r\n", 400},
      {std::string("X-A: b\0c\r\n", 10), 400},
      {"X-A : b\r\n", 400},
      {"X-A\t: b\r\n", 400},
      {"X A: b\r\n", 400},
      {": b\r\n", 400},
      {"X-A\r\n", 400},
      {"X-A: \x1b[31m\r\n", 400},
      {"X-A: \xc3\xa4\r\n", 0},  // obs-text
      {"X-\xc3\xa4: a\r\n", 400},
      {"X-A: \x7f\r\n", 400},
      {"X-\xc3\xa4: b\r\n", 400},
      {"X-A:\r\n", 0},
      {"X-A: b\tc\r\n", 0},
      // A8
      {"Host: h\r\n", 400},
      {"host: other\r\n", 400},
      // A14
      {"Expect: 100-continue\r\n", 0},
      {"Expect: 100-Continue\r\n", 0},
      {"Expect: 200-ok\r\n", 417},
      {"Expect: 100-continue\r\nExpect: tea\r\n", 417},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(status_of_headers(row.text) == row.status);
  }
}

TEST_CASE("A8: a Host header names a host, once") {
  const std::vector<Row> rows = {
      {"h", 0},         {"h:80", 0},       {"127.0.0.1:9000", 0},
      {"[::1]", 0},     {"[::1]:9000", 0}, {"b.s3.example.com", 0},
      {"", 400},        {"h:", 400},       {"h:x", 400},
      {"h:65536", 400}, {"a b", 400},      {"u@h", 400},
      {"h/a", 400},     {"[::1", 400},     {"[]", 400},
      {"[::1]x", 400},  {"h,i", 400},      {"::1", 400},
      {"h:80:80", 400}, {"h%2e", 400},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(status_of("GET / HTTP/1.1\r\nHost: " + row.text + "\r\n\r\n") == row.status);
  }
  CHECK(status_of("GET / HTTP/1.1\r\n\r\n") == 400);
  CHECK(status_of("GET / HTTP/1.0\r\n\r\n") == 0);
}

TEST_CASE("HTTP/1.0 knows neither chunks nor keep-alive") {
  CheckedHead head;
  CHECK(status_of("PUT / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n") == 400);
  CHECK(status_of(
            "PUT / HTTP/1.0\r\nHost: h\r\nContent-Length: 1\r\nExpect: 100-continue\r\nConnection: keep-alive\r\n\r\n",
            &head) == 0);
  CHECK_FALSE(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
}

TEST_CASE("an accepted head says what was sent") {
  CheckedHead checked;
  REQUIRE(status_of("PUT /b/k%20?x=1&y?z HTTP/1.1\r\nHost: h:9000\r\nX-A:  b c \t\r\nContent-Length: 12\r\n"
                    "Expect: 100-continue\r\nConnection: keep-alive, Close\r\n\r\nrest",
                    &checked) == 0);
  CHECK(checked.head.method == "PUT");
  CHECK(checked.head.target == "/b/k%20?x=1&y?z");
  CHECK(checked.head.path == "/b/k%20");
  CHECK(checked.head.query == "x=1&y?z");
  CHECK(checked.head.headers.find("x-a") == "b c");
  CHECK(checked.head.content_length == 12);
  CHECK_FALSE(checked.head.chunked);
  CHECK(checked.expects_continue);
  CHECK_FALSE(checked.keep_alive);
}

TEST_CASE("an absolute target becomes its origin form") {
  CheckedHead checked;
  REQUIRE(status_of("GET http://H:1/a?b HTTP/1.1\r\nHost: h:1\r\n\r\n", &checked) == 0);
  CHECK(checked.head.target == "/a?b");
  CHECK(checked.head.path == "/a");
  CheckedHead bare;
  REQUIRE(status_of("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n", &bare) == 0);
  CHECK(bare.head.path == "/");
}

TEST_CASE("I2: the header section has a size and a number of fields") {
  const auto with_section = [](std::size_t bytes) {
    std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX-A: ";
    const std::size_t used = kHost.size() + std::string_view("X-A: \r\n\r\n").size();
    return head.append(bytes - used, 'a') + "\r\n\r\n";
  };
  CHECK(status_of(with_section(8 * 1024)) == 0);
  CHECK(status_of(with_section(8 * 1024 + 1)) == 431);
  std::string fields;
  for (int i = 0; i < 99; ++i) fields += "X-A: b\r\n";
  CHECK(status_of_headers(fields) == 0);
  CHECK(status_of_headers(fields + "X-A: b\r\n") == 431);
}

TEST_CASE("I3: the target has a size") {
  const auto with_target = [](std::size_t bytes) {
    return "GET /" + std::string(bytes - 1, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n";
  };
  CHECK(status_of(with_target(8 * 1024)) == 0);
  CHECK(status_of(with_target(8 * 1024 + 1)) == 414);
  CHECK(status_of(with_target(100 * 1024)) == 414);
}

TEST_CASE("the scanner finds the end at whatever pace bytes come") {
  const std::string raw = "GET / HTTP/1.1\r\nHost: h\r\nX-A: b\r\n\r\nGET /next";
  HeadScanner scanner({});
  std::size_t given = 1;
  while (scanner.feed(std::string_view(raw).substr(0, given)) == HeadScanner::State::kIncomplete) ++given;
  CHECK(scanner.length() == raw.size() - 9);
  CHECK(given == scanner.length());
}

TEST_CASE("the scanner refuses what can come to no good end before that end") {
  const std::vector<std::string> hopeless = {"\r\n",
                                             "\n",
                                             "\x16\x03\x01",
                                             " GET",
                                             "GET /\r\n",
                                             "GET / HTTP/1.1\n",
                                             "GET / HTTP/1.1\r\nHost: h\n",
                                             "GET / HTTP/1.1\r\n" + std::string(9000, 'a'),
                                             std::string(9000, 'A')};
  for (const std::string& bytes : hopeless) {
    INFO(bytes.substr(0, 40));
    HeadScanner scanner({});
    CHECK(scanner.feed(bytes) == HeadScanner::State::kRefused);
  }
}

}  // namespace
}  // namespace objstore::http
