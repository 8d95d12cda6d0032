#include "server/http/chunked_decoder.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

namespace objstore::http {
namespace {

struct Decoded {
  std::string data;
  std::string rest;
  bool is_finished = false;
  bool is_broken = false;
};

// Decodes `body` in pieces of `step` bytes.
Decoded decode(std::string_view body, std::size_t step = 1'000'000) {
  ChunkedDecoder decoder;
  Decoded decoded;
  std::string pending;
  while (!decoder.finished() && !decoder.fault()) {
    if (pending.empty()) {
      if (body.empty()) break;
      pending = body.substr(0, step);
      body.remove_prefix(pending.size());
    }
    if (decoder.data_remaining() > 0) {
      const std::size_t count =
          static_cast<std::size_t>(std::min<std::uint64_t>(decoder.data_remaining(), pending.size()));
      decoded.data += pending.substr(0, count);
      decoder.take_data(count);
      pending.erase(0, count);
    } else {
      pending.erase(0, decoder.consume(pending));
    }
  }
  decoded.rest = pending + std::string(body);
  decoded.is_finished = decoder.finished();
  decoded.is_broken = decoder.fault().has_value();
  return decoded;
}

TEST_CASE("chunks become the bytes that they frame, however they arrive") {
  const std::string body = "5\r\nhello\r\nA;x=\"y\"\r\n, world!!!\r\n0\r\nX-Trailer: a\r\n\r\nGET /";
  for (std::size_t step = 1; step <= body.size(); ++step) {
    const Decoded decoded = decode(body, step);
    CHECK(decoded.is_finished);
    CHECK(decoded.data == "hello, world!!!");
    CHECK(decoded.rest == "GET /");
  }
}

TEST_CASE("A11: broken chunk framing is refused") {
  const std::vector<std::string> broken = {
      "5\nhello\r\n0\r\n\r\n",
      "5\r\nhello\n0\r\n\r\n",
      "5\r\nhello0\r\n\r\n",
      "5\r\nhelloX\r\n",
      " 5\r\nhello\r\n",
      "5 \r\nhello\r\n",
      "5 ;a\r\nhello\r\n",
      "+5\r\nhello\r\n",
      "0x5\r\nhello\r\n",
      "\r\n",
      ";a\r\n",
      "g\r\n",
      "8000000000000000\r\n",
      "FFFFFFFFFFFFFFFF\r\n",
      "10000000000000000\r\n",
      "00000000000000005\r\n",
      "5;a\rb\r\nhello\r\n",
      "5;a\nb\r\nhello\r\n",
      "5;" + std::string(1025, 'a') + "\r\nhello\r\n",
      "0\r\nno colon\r\n\r\n",
      "0\r\n: a\r\n\r\n",
      "0\r\nX A: a\r\n\r\n",
      "0\r\n folded: a\r\n\r\n",
      "0\r\nX-A: a\nX-B: b\r\n\r\n",
      "0\r\nX-A: a\rX-B: b\r\n\r\n",
      "0\r\nContent-Length: 5\r\n\r\n",
      "0\r\ntransfer-encoding: chunked\r\n\r\n",
      "0\r\nHOST: h\r\n\r\n",
      "0\r\nAuthorization: a\r\n\r\n",
      "0\r\nX-A: " + std::string(9000, 'a') + "\r\n\r\n",
  };
  for (const std::string& body : broken) {
    INFO(body.substr(0, 60));
    CHECK(decode(body).is_broken);
    CHECK(decode(body, 1).is_broken);
  }
}

TEST_CASE("A10: trailers are counted") {
  std::string trailers;
  for (int i = 0; i < 64; ++i) trailers += "X-A: b\r\n";
  CHECK(decode("0\r\n" + trailers + "\r\n").is_finished);
  CHECK(decode("0\r\n" + trailers + "X-A: b\r\n\r\n").is_broken);
}

TEST_CASE("a body that stops early is neither finished nor broken") {
  const std::string body = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < body.size(); ++size) {
    const Decoded decoded = decode(std::string_view(body).substr(0, size));
    CHECK_FALSE(decoded.is_finished);
    CHECK_FALSE(decoded.is_broken);
  }
}

}  // namespace
}  // namespace objstore::http
