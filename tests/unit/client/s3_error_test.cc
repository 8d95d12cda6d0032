#include "client/lib/s3_error.h"

#include <catch2/catch.hpp>

#include "client/lib/printable.h"

namespace objstore::client {
namespace {

TEST_CASE("an S3 error document gives code, message, resource and request id") {
  const auto failure =
      s3_failure(404, {},
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey</Code><Message>The "
                 "key is not there.</Message><RequestId>ABC123</RequestId></Error>",
                 "bkt/key");
  CHECK(failure.code == Errc::kNoSuchKey);
  CHECK(failure.s3_code == "NoSuchKey");
  CHECK(failure.status == 404);
  CHECK(failure.message == "NoSuchKey: The key is not there. (bkt/key, request ABC123)");
}

TEST_CASE("an answer without a document is told by its status") {
  wire::Headers headers;
  headers.add("x-amz-request-id", "R1");
  headers.add("Retry-After", "7");
  const auto failure = s3_failure(503, headers, "<html>busy</html>", "bkt");
  CHECK(failure.code == Errc::kUnavailable);
  CHECK(failure.message == "HTTP status 503 Service Unavailable (bkt, request R1)");
  CHECK(failure.retry_after == std::chrono::seconds(7));
}

TEST_CASE("the server's words cannot colour a terminal") {
  const auto failure = s3_failure(400, {}, "<Error><Code>X</Code><Message>a\x1b[31mb\nc</Message></Error>", "b");
  CHECK(failure.message.find('\x1b') == std::string::npos);
  CHECK(failure.message.find('\n') == std::string::npos);
}

TEST_CASE("what a terminal would act on is shown instead") {
  CHECK(printable("a \"b\" \xC3\xA4 \\") == "a \"b\" \xC3\xA4 \\");
  CHECK(printable("\x1b[31m\n\x7f") == "\\x1b[31m\\x0a\\x7f");
  CHECK(printable("\xC2\x9B") == "\\xc2\\x9b");
  CHECK(printable("\xE2\x80\xAE") == "\\xe2\\x80\\xae");
  CHECK(printable("\xFF") == "\\xff");
}

TEST_CASE("codes mean what a caller can do") {
  CHECK(errc_of(403, "AccessDenied") == Errc::kAccessDenied);
  CHECK(errc_of(403, "InvalidAccessKeyId") == Errc::kUnknownAccessKey);
  CHECK(errc_of(403, "SignatureDoesNotMatch") == Errc::kSignatureMismatch);
  CHECK(errc_of(403, "RequestTimeTooSkewed") == Errc::kClockSkew);
  CHECK(errc_of(409, "BucketAlreadyOwnedByYou") == Errc::kBucketOwnedByYou);
  CHECK(errc_of(409, "BucketNotEmpty") == Errc::kBucketNotEmpty);
  CHECK(errc_of(409, "SomethingNew") == Errc::kConflict);
  CHECK(errc_of(412, "PreconditionFailed") == Errc::kPreconditionFailed);
  CHECK(errc_of(400, "XAmzContentSHA256Mismatch") == Errc::kDigestMismatch);
  CHECK(errc_of(400, "SomethingNew") == Errc::kInvalidArgument);
  CHECK(errc_of(501, "") == Errc::kUnsupported);
  CHECK(errc_of(507, "") == Errc::kNoSpace);
  CHECK(errc_of(200, "SomethingNew") == Errc::kInternal);
}

TEST_CASE("a wrong region is named with the right one") {
  wire::Headers headers;
  headers.add("x-amz-bucket-region", "eu-west-1");
  CHECK(s3_failure(301, headers, "", "b").message.find("eu-west-1") != std::string::npos);
}

TEST_CASE("an error document under status 200 is recognised as the root only") {
  CHECK(is_error_document("<Error><Code>InternalError</Code></Error>"));
  CHECK(is_error_document("<?xml version=\"1.0\"?>\n\n   <Error/>"));
  CHECK_FALSE(is_error_document("<DeleteResult><Error><Key>a</Key></Error></DeleteResult>"));
  CHECK_FALSE(is_error_document("<?xml version=\"1.0\"?><DeleteResult><Error/></DeleteResult>"));
  CHECK_FALSE(is_error_document(""));
}

TEST_CASE("a refused checksum algorithm is told from a wrong checksum") {
  S3Failure refused(Error{Errc::kInvalidArgument, "InvalidRequest: unsupported checksum algorithm (b/k)"});
  refused.status = 400;
  CHECK(refuses_checksum(refused));
  S3Failure wrong(Error{Errc::kDigestMismatch, "BadDigest: the checksum does not match"});
  wrong.status = 400;
  CHECK_FALSE(refuses_checksum(wrong));
}

}  // namespace
}  // namespace objstore::client
