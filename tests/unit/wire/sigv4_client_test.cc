// The examples of the S3 documentation: sig-v4-header-based-auth.html and sigv4-query-string-auth.html.
#include <catch2/catch.hpp>

#include "common/base/bytes.h"
#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

const Credentials kExample{.access_key = "AKIAIOSFODNN7EXAMPLE",
                           .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                           .session_token = {}};
const SigningOptions kWhen{.region = "us-east-1", .service = "s3", .now_ms = 1369353600000};

OutgoingRequest request(std::string method, std::string path, std::string query = {}) {
  OutgoingRequest out{.method = std::move(method), .path = std::move(path), .query = std::move(query), .headers = {}};
  out.headers.add("Host", "examplebucket.s3.amazonaws.com");
  return out;
}

std::string sign(OutgoingRequest& r, std::string_view payload) {
  REQUIRE(sign_request(r, kExample, kWhen, payload));
  const auto parsed = parse_authorization(r.headers.find("authorization").value_or(""));
  REQUIRE(parsed);
  return parsed->signature;
}

}  // namespace

TEST_CASE("GET with a range") {
  OutgoingRequest r = request("GET", "/test.txt");
  r.headers.add("Range", "bytes=0-9");
  CHECK(sign(r, kEmptySha256) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(r.headers.find("Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_CASE("PUT with a body") {
  OutgoingRequest r = request("PUT", "/test%24file.text");
  r.headers.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  r.headers.add("X-Amz-Storage-Class", "REDUCED_REDUNDANCY");
  const std::string payload = to_hex(sha256(as_bytes("Welcome to Amazon S3.")));
  CHECK(payload == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072");
  CHECK(sign(r, payload) == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_CASE("GET of a sub-resource and of a listing") {
  OutgoingRequest lifecycle = request("GET", "/", "lifecycle");
  CHECK(sign(lifecycle, kEmptySha256) == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  OutgoingRequest list = request("GET", "/", "max-keys=2&prefix=J");
  CHECK(sign(list, kEmptySha256) == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("signing again replaces the first signature, and headers that proxies change are not signed") {
  OutgoingRequest r = request("GET", "/test.txt");
  r.headers.add("Range", "bytes=0-9");
  r.headers.add("User-Agent", "objcli");
  r.headers.add("Expect", "100-continue");
  const std::string first = sign(r, kEmptySha256);
  CHECK(first == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  CHECK(sign(r, kEmptySha256) == first);
  CHECK(r.headers.count("Authorization") == 1);
  CHECK(r.headers.count("X-Amz-Date") == 1);
}

TEST_CASE("a session token is sent and signed") {
  OutgoingRequest r = request("GET", "/");
  Credentials session = kExample;
  session.session_token = "token";
  REQUIRE(sign_request(r, session, kWhen, kEmptySha256));
  CHECK(r.headers.find("X-Amz-Security-Token") == "token");
  CHECK_THAT(std::string(*r.headers.find("Authorization")), Catch::Contains("x-amz-security-token"));
}

TEST_CASE("a presigned URL") {
  const auto query = presign_query(request("GET", "/test.txt"), kExample, kWhen, 86400);
  REQUIRE(query);
  const auto params = QueryParams::parse(*query);
  CHECK(params->find("X-Amz-Signature") == "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
  CHECK(params->find("X-Amz-Credential") == "AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request");
  CHECK(presign_query(request("GET", "/"), kExample, kWhen, 0).error().code == Errc::kInvalidArgument);
  CHECK(presign_query(request("GET", "/"), kExample, kWhen, 604801).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a presigned URL keeps the request's own parameters, and its own signature verifies") {
  OutgoingRequest r = request("GET", "/a%20b", "versionId=x%2Fy");
  const auto query = presign_query(r, kExample, kWhen, 60);
  REQUIRE(query);
  CHECK_THAT(*query, Catch::StartsWith("versionId=x%2Fy&X-Amz-Algorithm="));
  const auto parsed = parse_presigned(*QueryParams::parse(*query));
  REQUIRE(parsed);
  const auto canonical =
      canonical_request({"GET", "/a b", *query, r.headers, parsed->authorization.signed_headers, kUnsignedPayload});
  const CredentialScope& scope = parsed->authorization.credential.scope;
  const std::string expected =
      signature_of(derive_signing_key(kExample.secret_key, scope), string_to_sign(parsed->amz_date, scope, *canonical));
  CHECK(signature_equals(expected, parsed->authorization.signature));
}
