#include "bench/load/signer.h"

#include <catch2/catch.hpp>
#include <string>

namespace objstore::bench {
namespace {

// The Authorization header's value that the project's own signer gives for the same request.
std::string expected(const std::string& head, const std::string& query) {
  const std::size_t at = head.find("x-amz-date: ") + 12;
  const std::string date = head.substr(at, head.find("\r\n", at) - at);
  wire::Headers headers;
  headers.add("Host", "127.0.0.1:9000");
  headers.add("x-amz-content-sha256", wire::kUnsignedPayload);
  headers.add("x-amz-date", date);
  const std::vector<std::string> names = {"host", "x-amz-content-sha256", "x-amz-date"};
  const auto canonical = wire::canonical_request({"PUT", "/b/p/1", query, headers, names, wire::kUnsignedPayload});
  REQUIRE(canonical);
  const wire::CredentialScope scope{date.substr(0, 8), "eu-central-1", "s3"};
  const Sha256 key = wire::derive_signing_key("SECRET", scope);
  return "AWS4-HMAC-SHA256 Credential=KEY/" + scope.str() +
         ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" +
         wire::signature_of(key, wire::string_to_sign(date, scope, *canonical));
}

TEST_CASE("heads are signed as the product signs them") {
  Signer signer({"KEY", "SECRET", ""}, "eu-central-1", "127.0.0.1:9000");
  for (const std::string query : {"", "partNumber=3&uploadId=a%2Fb", "uploads="}) {
    const std::string head(signer.head({"PUT", "/b/p/1", query}, wire::kUnsignedPayload, 5));
    CHECK(
        head.starts_with("PUT /b/p/1" + (query.empty() ? "" : "?" + query) + " HTTP/1.1\r\nHost: 127.0.0.1:9000\r\n"));
    CHECK(head.find("\r\nAuthorization: " + expected(head, query) + "\r\n") != std::string::npos);
    CHECK(head.ends_with("\r\nContent-Length: 5\r\n\r\n"));
  }
  CHECK(signer.head({"GET", "/b/p/1", ""}, wire::kEmptySha256, std::nullopt).find("Content-Length") ==
        std::string::npos);
}

}  // namespace
}  // namespace objstore::bench
