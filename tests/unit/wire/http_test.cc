#include "common/wire/http.h"

#include <catch2/catch.hpp>

using namespace objstore::wire;

TEST_CASE("header names compare without case, and order is kept") {
  Headers headers;
  headers.add("Content-Type", "text/plain");
  headers.add("X-A", "1");
  headers.add("x-a", "2");
  CHECK(headers.find("content-type") == "text/plain");
  CHECK(headers.find("X-A") == "1");
  CHECK(headers.count("X-a") == 2);
  CHECK_FALSE(headers.find("x-b"));
  headers.set("X-A", "3");
  CHECK(headers.count("x-a") == 1);
  CHECK(headers.find("x-a") == "3");
  headers.remove("CONTENT-TYPE");
  CHECK(headers.size() == 1);
}

TEST_CASE("every status that is sent has a phrase") {
  for (const int status :
       {200, 204, 206, 304, 400, 403, 404, 405, 409, 411, 412, 413, 416, 417, 431, 500, 501, 503, 505})
    CHECK(reason_phrase(status) != "Unknown");
  CHECK(reason_phrase(799) == "Unknown");
}

TEST_CASE("a request has a body by its length or by chunked coding") {
  RequestHead head;
  CHECK_FALSE(head.has_body());
  head.content_length = 0;
  CHECK_FALSE(head.has_body());
  head.content_length = 1;
  CHECK(head.has_body());
  head.content_length.reset();
  head.chunked = true;
  CHECK(head.has_body());
}
