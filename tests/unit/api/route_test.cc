#include "server/api/s3/route.h"

#include <catch2/catch.hpp>
#include <string>

using namespace objstore;
using namespace objstore::s3;

namespace {

wire::RequestHead head_of(const std::string& method, const std::string& path, const std::string& query = {},
                          const std::string& host = "localhost:9000") {
  wire::RequestHead head;
  head.method = method;
  head.path = path;
  head.query = query;
  head.headers.add("Host", host);
  return head;
}

const std::vector<std::string> kDomains = {"example.com", "s3.example.com"};

std::string name_of(const std::string& method, const std::string& path, const std::string& query = {}) {
  const auto routed = route(head_of(method, path, query), kDomains);
  return std::string(routed ? operation_name(routed->endpoint) : facts(routed.error().code).name);
}

std::string key_of(const std::string& path, const std::string& host = "localhost") {
  const auto routed = route(head_of("GET", path, {}, host), kDomains);
  if (!routed) return std::string(facts(routed.error().code).name);
  return routed->bucket->str() + "|" + (routed->key ? routed->key->str() : "");
}

}  // namespace

TEST_CASE("method, name and sub-resource choose the operation") {
  CHECK(name_of("GET", "/") == "ListBuckets");
  CHECK(name_of("PUT", "/bucket") == "CreateBucket");
  CHECK(name_of("PUT", "/bucket/") == "CreateBucket");
  CHECK(name_of("HEAD", "/bucket") == "HeadBucket");
  CHECK(name_of("GET", "/bucket") == "ListObjects");
  CHECK(name_of("GET", "/bucket", "list-type=2&prefix=") == "ListObjectsV2");
  CHECK(name_of("GET", "/bucket", "versions") == "ListObjectVersions");
  CHECK(name_of("GET", "/bucket", "uploads=") == "ListMultipartUploads");
  CHECK(name_of("POST", "/bucket", "delete") == "DeleteObjects");
  CHECK(name_of("GET", "/bucket", "location") == "GetBucketLocation");
  CHECK(name_of("GET", "/bucket/key") == "GetObject");
  CHECK(name_of("GET", "/bucket/key", "x-id=GetObject") == "GetObject");
  CHECK(name_of("GET", "/bucket/key", "uploadId=1") == "ListParts");
  CHECK(name_of("POST", "/bucket/key", "uploads") == "CreateMultipartUpload");
  CHECK(name_of("POST", "/bucket/key", "uploadId=1") == "CompleteMultipartUpload");
  CHECK(name_of("PUT", "/bucket/key", "uploadId=1&partNumber=2") == "UploadPart");
  CHECK(name_of("DELETE", "/bucket/key", "uploadId=1") == "AbortMultipartUpload");
  CHECK(name_of("GET", "/bucket/key", "tagging") == "GetObjectTagging");
}

TEST_CASE("a sub-resource that is not provided is not taken for the plain operation") {
  for (const char* query :
       {"acl", "torrent", "retention", "legal-hold", "attributes", "select&select-type=2", "unheard-of"})
    CHECK(name_of("GET", "/bucket/key", query) != "GetObject");
  CHECK(name_of("PUT", "/bucket/key", "retention") == "NotImplemented");
  CHECK(name_of("DELETE", "/bucket", "website") == "NotImplemented");
  CHECK(name_of("POST", "/bucket") == "NotImplemented");
  CHECK(name_of("PUT", "/") == "NotImplemented");
}

TEST_CASE("what contradicts itself is refused") {
  CHECK(name_of("GET", "/bucket", "acl&policy") == "InvalidArgument");
  CHECK(name_of("PUT", "/bucket/key", "uploadId=1&uploadId=2&partNumber=1") == "InvalidArgument");
  CHECK(name_of("GET", "/bucket/key", "versionId=a&versionId=b") == "InvalidArgument");
  CHECK(name_of("PUT", "/bucket/key", "partNumber=1") == "InvalidArgument");
  CHECK(name_of("PUT", "/bucket/key", "uploadId=1") == "InvalidArgument");
  CHECK(name_of("PATCH", "/bucket/key") == "MethodNotAllowed");
  CHECK(name_of("get", "/bucket/key") == "MethodNotAllowed");
}

TEST_CASE("keys are opaque and kept as they are") {
  CHECK(key_of("/bucket/a/../../b") == "bucket|a/../../b");
  CHECK(key_of("/bucket/%2e%2e%2f") == "bucket|../");
  CHECK(key_of("/bucket//") == "bucket|/");
  CHECK(key_of("/bucket//k") == "bucket|/k");
  CHECK(key_of("/bucket/a+b") == "bucket|a+b");
  CHECK(key_of("/bucket/%C3%A9") == "bucket|\xc3\xa9");
  CHECK(key_of("/bucket/a%2Fb") == "bucket|a/b");
}

TEST_CASE("what no key can be is refused") {
  CHECK(key_of("/bucket/a%00b") == "InvalidURI");
  CHECK(key_of("/bucket/%c0%af") == "InvalidURI");
  CHECK(key_of("/bucket/%ed%a0%80") == "InvalidURI");
  CHECK(key_of("/bucket/%zz") == "InvalidURI");
  CHECK(key_of("/bucket/%u0041") == "InvalidURI");
  CHECK(key_of("/bucket/%") == "InvalidURI");
  CHECK(key_of("/bucket/" + std::string(1025, 'k')) == "KeyTooLongError");
  CHECK(key_of("/bucket/" + std::string(1024, 'k')).size() == 1031);
  CHECK(key_of("//k") == "InvalidBucketName");
  CHECK(key_of("/Bucket/k") == "InvalidBucketName");
  CHECK(key_of("/-/k") == "InvalidBucketName");
}

TEST_CASE("in virtual-host style the host names the bucket") {
  CHECK(key_of("/k/x", "bucket.example.com") == "bucket|k/x");
  CHECK(key_of("/k/x", "BUCKET.s3.example.com:9000") == "bucket|k/x");
  CHECK(key_of("/", "bucket.example.com") == "bucket|");
  CHECK(key_of("/bucket/x", "example.com") == "bucket|x");
  CHECK(key_of("/bucket/x", "s3.example.com") == "bucket|x");  // a domain of its own
  CHECK(key_of("/bucket/x", "other.org") == "bucket|x");
  CHECK(key_of("/-/x", "bucket.example.com") == "bucket|-/x");
}
