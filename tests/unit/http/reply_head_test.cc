#include "server/http/reply_head.h"

#include <catch2/catch.hpp>

namespace objstore::http {
namespace {

TEST_CASE("a reply's head states its length once and by what is sent") {
  api::Reply reply;
  reply.headers.add("ETag", "\"a\"");
  reply.headers.add("content-length", "999");
  reply.headers.add("Transfer-Encoding", "chunked");
  reply.body = "hello";
  std::string out;
  append_reply_head(out, reply, {.date = "now"});
  CHECK(out == "HTTP/1.1 200 OK\r\nServer: Objstore\r\nDate: now\r\nETag: \"a\"\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("the length of a stream and of HEAD is the announced one") {
  api::Reply reply;
  reply.content_length = 77;
  std::string streaming;
  append_reply_head(streaming, reply, {.streaming = true});
  CHECK(streaming.find("Content-Length: 77\r\n") != std::string::npos);
  std::string head;
  append_reply_head(head, reply, {.to_head = true, .close = true});
  CHECK(head.find("Content-Length: 77\r\n") != std::string::npos);
  CHECK(head.find("Connection: close\r\n") != std::string::npos);
  reply.body = "document";
  std::string document;
  append_reply_head(document, reply, {.to_head = true});
  CHECK(document.find("Content-Length: 8\r\n") != std::string::npos);
}

TEST_CASE("204 and 304 carry neither body nor length") {
  for (const int status : {204, 304}) {
    api::Reply reply;
    reply.status = status;
    std::string out;
    append_reply_head(out, reply, {});
    CHECK(out.find("Content-Length") == std::string::npos);
    CHECK_FALSE(carries_body(status, false));
  }
  CHECK(carries_body(200, false));
  CHECK_FALSE(carries_body(200, true));
}

TEST_CASE("headers that could end their line are not sendable") {
  const auto with_header = [](std::string_view name, std::string_view value) {
    api::Reply reply;
    reply.headers.add(name, value);
    return is_sendable(reply);
  };
  CHECK(with_header("X-A", "b c"));
  CHECK_FALSE(with_header("X-A", "b\r\nX-B: c"));
  CHECK_FALSE(with_header("X-A", "b\nc"));
  CHECK_FALSE(with_header("X-A", std::string_view("b\0c", 3)));
  CHECK_FALSE(with_header("X-A: b\r\nX-B", "c"));
  CHECK_FALSE(with_header("", "c"));
  api::Reply reply;
  reply.status = 100;
  CHECK_FALSE(is_sendable(reply));
}

TEST_CASE("dates are written as RFC 9110 wants them") {
  HttpDate date;
  CHECK(date.at(784'111'777'000) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(784'111'777'999) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(date.at(1'709'164'800'000) == "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace objstore::http
