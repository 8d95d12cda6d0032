#include <catch2/catch.hpp>

#include "common/wire/sigv4.h"
#include "common/wire/uri.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

const std::string kDigits(64, '0');
const std::string kCredential = "Credential=AKIA/20130524/us-east-1/s3/aws4_request";
const std::string kNames = "SignedHeaders=host;x-amz-date";
const std::string kSignature = "Signature=" + kDigits;

std::optional<SigV4Fault> fault_of(const std::string& value) {
  const auto parsed = parse_authorization(value);
  return parsed ? std::nullopt : std::optional(parsed.error());
}

std::string header(const std::string& credential, const std::string& names, const std::string& signature) {
  return "AWS4-HMAC-SHA256 " + credential + ", " + names + ", " + signature;
}

const std::vector<std::pair<std::string, std::string>> kPresigned = {
    {"X-Amz-Algorithm", "AWS4-HMAC-SHA256"}, {"X-Amz-Credential", "AKIA%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"},
    {"X-Amz-Date", "20130524T000000Z"},      {"X-Amz-Expires", "86400"},
    {"X-Amz-SignedHeaders", "host"},         {"X-Amz-Signature", kDigits},
};

// The parameters above with one changed; without it when `value` is "-".
std::string presigned_with(std::string_view changed, const std::string& value) {
  std::string query;
  for (const auto& [name, usual] : kPresigned) {
    if (name == changed && value == "(none)") continue;
    query += name + "=" + (name == changed ? value : usual) + "&";
  }
  return query;
}

std::optional<SigV4Fault> presigned_fault(const std::string& query) {
  const auto parsed = parse_presigned(*QueryParams::parse(query));
  return parsed ? std::nullopt : std::optional(parsed.error());
}

}  // namespace

TEST_CASE("an Authorization header is taken apart") {
  const auto parsed = parse_authorization("AWS4-HMAC-SHA256 " + kSignature +
                                          ",Credential=A/K/A/20130524/eu-west-1/s3/aws4_request ,  " + kNames);
  REQUIRE(parsed);
  CHECK(parsed->credential.access_key == "A/K/A");
  CHECK(parsed->credential.scope.str() == "20130524/eu-west-1/s3/aws4_request");
  CHECK(parsed->signed_headers == std::vector<std::string>{"host", "x-amz-date"});
  CHECK(parsed->signature == kDigits);
}

TEST_CASE("each way in which an Authorization header is wrong has its name") {
  using F = SigV4Fault;
  CHECK(fault_of(header(kCredential, kNames, kSignature)) == std::nullopt);
  const std::vector<std::pair<std::string, F>> cases = {
      {"", F::kUnsupportedScheme},
      {"AWS AKIA:sig", F::kUnsupportedScheme},
      {"aws4-hmac-sha256 " + kCredential, F::kUnsupportedScheme},
      {"AWS4-HMAC-SHA256", F::kMissingCredential},
      {"AWS4-HMAC-SHA256 " + kNames + ", " + kSignature, F::kMissingCredential},
      {"AWS4-HMAC-SHA256 " + kCredential + ", " + kSignature, F::kMissingSignedHeaders},
      {"AWS4-HMAC-SHA256 " + kCredential + ", " + kNames, F::kMissingSignature},
      {header(kCredential, kNames, kSignature) + ", " + kSignature, F::kDuplicateComponent},
      {header(kCredential, kNames, kSignature) + ", Extra=1", F::kUnknownComponent},
      {header(kCredential, kNames, kSignature) + ",", F::kUnknownComponent},
      {header("Credential=AKIA", kNames, kSignature), F::kMalformedCredential},
      {header("Credential=/20130524/r/s3/aws4_request", kNames, kSignature), F::kMalformedCredential},
      {header("Credential=A/20130524//s3/aws4_request", kNames, kSignature), F::kMalformedCredential},
      {header("Credential=A/2013052/r/s3/aws4_request", kNames, kSignature), F::kMalformedCredential},
      {header("Credential=A/20130524/r/s3/aws4", kNames, kSignature), F::kBadTerminator},
      {header(kCredential, "SignedHeaders=", kSignature), F::kMalformedSignedHeaders},
      {header(kCredential, "SignedHeaders=Host", kSignature), F::kMalformedSignedHeaders},
      {header(kCredential, "SignedHeaders=host;host", kSignature), F::kMalformedSignedHeaders},
      {header(kCredential, "SignedHeaders=x-amz-date;host", kSignature), F::kMalformedSignedHeaders},
      {header(kCredential, "SignedHeaders=host;;x", kSignature), F::kMalformedSignedHeaders},
      {header(kCredential, "SignedHeaders=x-amz-date", kSignature), F::kHostNotSigned},
      {header(kCredential, kNames, "Signature=" + kDigits.substr(1)), F::kMalformedSignature},
      {header(kCredential, kNames, "Signature=g" + kDigits.substr(1)), F::kMalformedSignature},
  };
  for (const auto& [value, fault] : cases) {
    INFO(value);
    CHECK(fault_of(value) == fault);
    CHECK_FALSE(describe(fault).empty());
  }
}

TEST_CASE("a presigned query is taken apart") {
  const auto query = QueryParams::parse(presigned_with("", "") + "X-Amz-Security-Token=t%2B");
  CHECK(is_presigned(*query));
  const auto parsed = parse_presigned(*query);
  REQUIRE(parsed);
  CHECK(parsed->expires_s == 86400);
  CHECK(parsed->signed_at_ms == 1369353600000);
  CHECK(parsed->authorization.credential.access_key == "AKIA");
  CHECK(parsed->security_token == "t+");
  CHECK_FALSE(is_presigned(*QueryParams::parse("prefix=X-Amz-Date&uploads")));
}

TEST_CASE("each of the six parameters of a presigned query is needed, and only once") {
  for (const auto& [name, value] : kPresigned) {
    INFO(name);
    CHECK(presigned_fault(presigned_with(name, "(none)")).has_value());
    CHECK(presigned_fault(presigned_with("", "") + name + "=" + value) == SigV4Fault::kDuplicateComponent);
  }
  CHECK(presigned_fault(presigned_with("X-Amz-Date", "(none)")) == SigV4Fault::kMissingDate);
  CHECK(presigned_fault(presigned_with("X-Amz-Signature", "(none)")) == SigV4Fault::kMissingSignature);
}

TEST_CASE("what X-Amz-Expires may be") {
  using F = SigV4Fault;
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "604800")) == std::nullopt);
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "604801")) == F::kExpiresTooLong);
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "99999999999999999999999")) == F::kExpiresTooLong);
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "-1")) == F::kExpiresNegative);
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "")) == F::kExpiresNotANumber);
  CHECK(presigned_fault(presigned_with("X-Amz-Expires", "1h")) == F::kExpiresNotANumber);
  CHECK(presigned_fault(presigned_with("X-Amz-Date", "2013-05-24")) == F::kMalformedDate);
  CHECK(presigned_fault(presigned_with("X-Amz-Algorithm", "AWS4-ECDSA-P256-SHA256")) == F::kUnsupportedScheme);
}

TEST_CASE("x-amz-content-sha256 is a digest or a keyword") {
  CHECK(parse_payload_form(kDigits) == PayloadForm::kSha256);
  CHECK(parse_payload_form("UNSIGNED-PAYLOAD") == PayloadForm::kUnsigned);
  CHECK(parse_payload_form("STREAMING-AWS4-HMAC-SHA256-PAYLOAD") == PayloadForm::kStreamingSigned);
  CHECK(parse_payload_form("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER") == PayloadForm::kStreamingSignedTrailer);
  CHECK(parse_payload_form("STREAMING-UNSIGNED-PAYLOAD-TRAILER") == PayloadForm::kStreamingUnsignedTrailer);
  for (const std::string_view bad : {"", "unsigned-payload", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", "abc"})
    CHECK_FALSE(parse_payload_form(bad));
}
