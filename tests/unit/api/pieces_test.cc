// The pure pieces of the front end: conditions, copy sources, attributes, tokens, error documents.
#include <catch2/catch.hpp>
#include <string>

#include "common/wire/xml_reader.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/checksum_request.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/copy_source.h"
#include "server/api/s3/page_token.h"
#include "server/api/virtual_host.h"

using namespace objstore;
using namespace objstore::s3;

namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;

wire::Headers headers_of(std::initializer_list<std::pair<const char*, std::string>> list) {
  wire::Headers headers;
  for (const auto& [name, value] : list) headers.add(name, value);
  return headers;
}

// An object with ETag "abc", modified on Tue, 14 Nov 2023 22:13:20 GMT and half a second.
Verdict judge(std::initializer_list<std::pair<const char*, std::string>> list) {
  model::ObjectInfo object;
  object.etag = "abc";
  object.modified_ms = kNow + 500;
  return ReadConditions::of_request(headers_of(list), kNow).judge(object);
}

const std::string kThen = "Tue, 14 Nov 2023 22:13:20 GMT";
const std::string kBefore = "Tue, 14 Nov 2023 22:13:19 GMT";
const std::string kAfter = "Tue, 14 Nov 2023 22:13:21 GMT";

std::string source_of(std::string_view value) {
  const auto source = parse_copy_source(value);
  return source ? source->bucket.str() + "|" + source->key.str() : std::string(facts(source.error().code).name);
}

template <typename T>
std::string code_of(const Outcome<T>& outcome) {
  return outcome ? "ok" : std::string(facts(outcome.error().code).name);
}

std::string attributes_code(std::initializer_list<std::pair<const char*, std::string>> list) {
  return code_of(read_attributes(headers_of(list)));
}

}  // namespace

TEST_CASE("read conditions hold to the second") {
  CHECK(judge({}) == Verdict::kPass);
  CHECK(judge({{"If-Modified-Since", kThen}}) == Verdict::kNotModified);
  CHECK(judge({{"If-Modified-Since", kBefore}}) == Verdict::kPass);
  CHECK(judge({{"If-Unmodified-Since", kThen}}) == Verdict::kPass);
  CHECK(judge({{"If-Unmodified-Since", kBefore}}) == Verdict::kPreconditionFailed);
  CHECK(judge({{"If-Modified-Since", "yesterday"}}) == Verdict::kPass);
}

TEST_CASE("tags decide over dates") {
  CHECK(judge({{"If-Match", "\"abc\""}, {"If-Unmodified-Since", kBefore}}) == Verdict::kPass);
  CHECK(judge({{"If-Match", "\"xyz\""}, {"If-Unmodified-Since", kAfter}}) == Verdict::kPreconditionFailed);
  CHECK(judge({{"If-None-Match", "\"abc\""}, {"If-Modified-Since", kBefore}}) == Verdict::kNotModified);
  CHECK(judge({{"If-None-Match", "\"xyz\""}, {"If-Modified-Since", kAfter}}) == Verdict::kPass);
  CHECK(judge({{"If-Match", "*"}, {"If-None-Match", "abc"}}) == Verdict::kNotModified);
}

TEST_CASE("write conditions are asked of what is there at the commit") {
  model::ObjectInfo object;
  object.etag = "abc";
  const auto holds = [&](const char* name, const char* value, bool exists) {
    const auto condition = write_condition(headers_of({{name, value}}));
    const Status status = condition(exists ? &object : nullptr);
    return status ? std::string("ok") : std::string(to_string(status.error().code));
  };
  CHECK(holds("If-None-Match", "*", false) == "ok");
  CHECK(holds("If-None-Match", "*", true) == "PreconditionFailed");
  CHECK(holds("If-Match", "\"abc\"", true) == "ok");
  CHECK(holds("If-Match", "\"xyz\"", true) == "PreconditionFailed");
  CHECK(holds("If-Match", "\"abc\"", false) == "NoSuchKey");
  CHECK_FALSE(write_condition(headers_of({})));
}

TEST_CASE("a copy source is decoded once and split at the first slash") {
  CHECK(source_of("bucket/key") == "bucket|key");
  CHECK(source_of("/bucket/a/b") == "bucket|a/b");
  CHECK(source_of("bucket%2Fa%20b") == "bucket|a b");
  CHECK(source_of("bucket/a+b") == "bucket|a+b");
  CHECK(source_of("bucket//x") == "bucket|/x");
  CHECK(source_of("bucket/a%3Fb?versionId=null") == "bucket|a?b");
}

TEST_CASE("a copy source that plays games is refused") {
  for (const char* value : {"", "bucket", "bucket/", "/b/../other/key", "bucket/../other/key", "bucket%2F..%2Fother",
                            "bucket/key?versionId=1", "bucket/key?versionId=null&versionId=2", "bucket/key?acl",
                            "bucket/%zz", "bucket/a%00b", "BUCKET/key", "bucket/%ff"})
    CHECK(source_of(value) == "InvalidArgument");
}

TEST_CASE("aws-chunked is framing and is not stored") {
  CHECK(stored_content_encoding("aws-chunked").empty());
  CHECK(stored_content_encoding("aws-chunked,gzip") == "gzip");
  CHECK(stored_content_encoding("gzip, AWS-chunked") == "gzip");
  CHECK(stored_content_encoding("deflate, gzip") == "deflate, gzip");
  CHECK(stored_content_encoding("aws-chunked, aws-chunked").empty());
}

TEST_CASE("user metadata has a limit and no control characters") {
  CHECK(attributes_code({{"x-amz-meta-a", std::string(2047, 'v')}}) == "ok");
  CHECK(attributes_code({{"x-amz-meta-a", std::string(2048, 'v')}}) == "MetadataTooLarge");
  CHECK(attributes_code({{"x-amz-meta-a", "b\rc"}}) == "InvalidArgument");
  CHECK(attributes_code({{"x-amz-meta-", "b"}}) == "InvalidArgument");
  CHECK(attributes_code({{"Content-Type", "a\nb"}}) == "InvalidArgument");
  const auto twice = read_attributes(headers_of({{"X-Amz-Meta-Tag", "1"}, {"x-amz-meta-tag", "2"}}));
  REQUIRE(twice);
  CHECK(twice->user_metadata == model::NameValues{{"tag", "1,2"}});
}

TEST_CASE("metadata of other servers' internals is metadata like any other") {
  const auto attributes =
      read_attributes(headers_of({{"x-amz-meta-x-minio-internal-compression", "1"}, {"X-Minio-Internal-Crypto", "2"}}));
  REQUIRE(attributes);
  CHECK(attributes->user_metadata == model::NameValues{{"x-minio-internal-compression", "1"}});
  CHECK(attributes->system.empty());
}

TEST_CASE("tags are checked where they are stored") {
  CHECK(attributes_code({{"x-amz-tagging", "a=1&b=%C3%A9"}}) == "ok");
  CHECK(attributes_code({{"x-amz-tagging", "a=1&a=2"}}) == "InvalidTag");
  CHECK(attributes_code({{"x-amz-tagging", "=1"}}) == "InvalidTag");
  CHECK(attributes_code({{"x-amz-tagging", "a=%3C"}}) == "InvalidTag");
  CHECK(attributes_code({{"x-amz-tagging", "a=" + std::string(257, 'v')}}) == "InvalidTag");
  CHECK(attributes_code({{"x-amz-tagging", std::string(129, 'k')}}) == "InvalidTag");
  CHECK(attributes_code({{"x-amz-tagging", "a=%zz"}}) == "InvalidArgument");
  CHECK(attributes_code({{"x-amz-tagging", "1&2&3&4&5&6&7&8&9&10&11"}}) == "BadRequest");
  CHECK(attributes_code({{"x-amz-storage-class", "COLD"}}) == "InvalidStorageClass");
}

TEST_CASE("one checksum at a time, and the one that was announced") {
  const auto code = [](std::initializer_list<std::pair<const char*, std::string>> list, bool trailer = false) {
    return code_of(read_checksum_request(headers_of(list), trailer));
  };
  CHECK(code({{"x-amz-checksum-crc32", "AAAAAA=="}}) == "ok");
  CHECK(code({{"x-amz-checksum-crc32", "AAAAAA=="}, {"x-amz-checksum-crc32c", "AAAAAA=="}}) == "InvalidRequest");
  CHECK(code({{"x-amz-checksum-crc32", "bad"}}) == "BadDigest");
  CHECK(code({{"x-amz-checksum-md4", "AAAAAA=="}}) == "InvalidRequest");
  CHECK(code({{"x-amz-checksum-mode", "ENABLED"}}) == "ok");
  CHECK(code({{"x-amz-sdk-checksum-algorithm", "CRC32"}}) == "InvalidRequest");
  CHECK(code({{"x-amz-sdk-checksum-algorithm", "CRC32"}, {"Content-MD5", "x"}}) == "ok");
  CHECK(code({{"x-amz-sdk-checksum-algorithm", "SHA1"}, {"x-amz-checksum-crc32", "AAAAAA=="}}) == "InvalidRequest");
  CHECK(code({{"x-amz-trailer", "x-amz-checksum-crc32"}}) == "InvalidRequest");
  CHECK(code({{"x-amz-trailer", "x-amz-checksum-crc32"}}, true) == "ok");
  CHECK(code({{"x-amz-trailer", "x-amz-checksum-crc32"}, {"x-amz-checksum-crc32", "AAAAAA=="}}, true) ==
        "InvalidRequest");
  CHECK(code({{"x-amz-trailer", ""}}, true) == "MalformedTrailerError");
  CHECK(code({{"x-amz-trailer", "content-length"}}, true) == "MalformedTrailerError");
}

TEST_CASE("an upload's checksum type fits its algorithm") {
  const auto type = [](const char* algorithm, const char* given) {
    wire::Headers headers = headers_of({{"x-amz-checksum-algorithm", algorithm}});
    if (given != nullptr) headers.add("x-amz-checksum-type", given);
    const auto upload = read_upload_checksum(headers);
    if (!upload) return std::string(facts(upload.error().code).name);
    return std::string(checksum_type_name(upload->composite));
  };
  CHECK(type("CRC32", nullptr) == "COMPOSITE");
  CHECK(type("CRC64NVME", nullptr) == "FULL_OBJECT");
  CHECK(type("CRC32C", "FULL_OBJECT") == "FULL_OBJECT");
  CHECK(type("SHA256", nullptr) == "COMPOSITE");
  CHECK(type("SHA256", "FULL_OBJECT") == "InvalidRequest");
  CHECK(type("CRC64NVME", "COMPOSITE") == "InvalidRequest");
  CHECK(type("MD5", nullptr) == "COMPOSITE");
  CHECK(type("XXHASH3", "FULL_OBJECT") == "InvalidRequest");
  CHECK(type("SHA384", nullptr) == "InvalidRequest");
  CHECK(type("CRC32", "SOMETIMES") == "InvalidRequest");
}

TEST_CASE("a continuation token counts for its bucket and its store alone") {
  const PageTokens tokens("secret");
  const std::string token = tokens.seal("bucket", "a/b");
  CHECK(tokens.unseal("bucket", token) == "a/b");
  CHECK(PageTokens("secret").unseal("bucket", token) == "a/b");
  CHECK_FALSE(tokens.unseal("other", token));
  CHECK_FALSE(PageTokens("another").unseal("bucket", token));
  CHECK_FALSE(PageTokens("").unseal("bucket", token));
  CHECK_FALSE(tokens.unseal("bucket", ""));
  CHECK_FALSE(tokens.unseal("bucket", "a/b"));
  std::string forged = token;
  forged[0] = forged[0] == 'A' ? 'B' : 'A';
  CHECK_FALSE(tokens.unseal("bucket", forged));
}

TEST_CASE("an error document is well-formed whatever it quotes") {
  const Failure failure{Code::kInvalidArgument, "<&]]>", {{"ArgumentValue", std::string("\x01\xff") + "<x>"}}};
  const auto root = wire::parse_xml(error_document(failure, "/b/<k>&", "ID", "HOST"));
  REQUIRE(root);
  CHECK(root->child_text("Code") == "InvalidArgument");
  CHECK(root->child_text("Message") == "<&]]>");
  CHECK(root->child_text("Resource") == "/b/<k>&");
  CHECK(root->child_text("RequestId") == "ID");
  CHECK(root->child_text("HostId") == "HOST");
}

TEST_CASE("what went wrong inside stays inside") {
  const Failure failure = to_failure(Error{Errc::kIo, "pwrite /srv/data/segments/1: I/O error"});
  CHECK(failure.code == Code::kInternalError);
  CHECK(failure.message.empty());
  CHECK(facts(to_failure(Error{Errc::kNoSpace, "x"}).code).status == 503);
}
