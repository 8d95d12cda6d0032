// Buckets, their listings, and deleting many.
#include <catch2/catch.hpp>

#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

namespace {

std::string keys_of(const Response& r) {
  std::string keys;
  for (const auto& child : r.xml().children) {
    if (child.name == "Contents" || child.name == "Version") keys += std::string(child.child_text("Key")) + " ";
    if (child.name == "CommonPrefixes") keys += "[" + std::string(child.child_text("Prefix")) + "] ";
  }
  return keys;
}

std::string md5_of(const std::string& text) {
  return to_base64(md5(as_bytes(text)));
}

}  // namespace

TEST_CASE("a bucket's life") {
  S3Bench s3;
  const auto made = s3.put("/bucket", "");
  CHECK(made.status == 200);
  CHECK(made.header("location") == "/bucket");
  CHECK(s3.put("/bucket", "").status == 200);  // by its owner, in us-east-1
  CHECK(short_form(s3({.method = "PUT", .path = "/bucket", .key = kBob})) == "409 BucketAlreadyExists");
  CHECK(s3.head("/bucket").header("x-amz-bucket-region") == "us-east-1");
  CHECK(s3.head("/none").status == 404);
  CHECK(s3.get("/bucket", "location").xml().name == "LocationConstraint");
  CHECK(s3.get("/bucket", "location").xml().text.empty());
  s3.put("/bucket/key", "x");
  CHECK(short_form(s3.remove("/bucket")) == "409 BucketNotEmpty");
  s3.remove("/bucket/key");
  CHECK(s3.remove("/bucket").status == 204);
  CHECK(short_form(s3.remove("/bucket")) == "404 NoSuchBucket");
}

TEST_CASE("elsewhere than in us-east-1 a bucket is made once, and its location has a name") {
  S3Bench s3({.region = "eu-north-1", .domains = {}, .host_id = "h", .token_secret = "t"});
  // The bench signs for us-east-1, which is another region.
  CHECK(short_form(s3.put("/bucket", "")) == "400 AuthorizationHeaderMalformed");
  CHECK(s3.put("/bucket", "").text("Region") == "eu-north-1");
}

TEST_CASE("a location constraint names this region or none") {
  S3Bench s3;
  const auto with = [&](const std::string& inner) {
    return short_form(
        s3.put("/bucket", "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inner +
                              "</CreateBucketConfiguration>"));
  };
  CHECK(with("<LocationConstraint>eu-west-1</LocationConstraint>") == "400 IllegalLocationConstraintException");
  CHECK(with("<LocationConstraint>us-east-1</LocationConstraint>") == "200");
  CHECK(with("") == "200");
  CHECK(with("<Tags/>") == "501 NotImplemented");
  CHECK(short_form(s3.put("/bucket", "nonsense")) == "400 MalformedXML");
  CHECK(short_form(s3.put("/bucket", "<!DOCTYPE x [<!ENTITY a \"b\">]><CreateBucketConfiguration/>")) ==
        "400 MalformedXML");
  CHECK(short_form(s3.put("/bucket", std::string((1 << 20) + 1, ' '))) == "400 MaxMessageLengthExceeded");
  CHECK(short_form(s3.put("/Bad_Name", "")) == "400 InvalidBucketName");
}

TEST_CASE("buckets are listed by owner and in pages") {
  S3Bench s3;
  for (const char* name : {"aaa", "aab", "bbb"}) s3.make_bucket(name);
  s3({.method = "PUT", .path = "/zzz", .key = kBob});
  const auto names = [](const Response& r) {
    std::string all;
    const auto root = r.xml();
    for (const auto& bucket : root.child("Buckets")->children) all += std::string(bucket.child_text("Name")) + " ";
    return all;
  };
  const auto all = s3.get("/");
  CHECK(names(all) == "aaa aab bbb ");
  CHECK(all.xml().child("Owner")->child_text("ID") == "alice-id");
  CHECK(names(s3.get("/", "prefix=aa")) == "aaa aab ");
  const auto page = s3.get("/", "max-buckets=2");
  CHECK(names(page) == "aaa aab ");
  const std::string token = wire::percent_encode(page.text("ContinuationToken"));
  CHECK(names(s3.get("/", "max-buckets=2&continuation-token=" + token)) == "bbb ");
  CHECK(short_form(s3.get("/", "max-buckets=0")) == "400 InvalidArgument");
  CHECK(short_form(s3.get("/", "continuation-token=forged")) == "400 InvalidArgument");
}

TEST_CASE("listings page through keys and common prefixes") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const char* key : {"a", "b/1", "b/2", "c", "d//x"}) s3.put("/bucket/" + std::string(key), "x");
  const auto v1 = s3.get("/bucket");
  CHECK(keys_of(v1) == "a b/1 b/2 c d//x ");
  CHECK(v1.text("IsTruncated") == "false");
  CHECK(v1.text("MaxKeys") == "1000");
  CHECK(v1.xml().child("Contents")->child_text("Size") == "1");
  CHECK(v1.xml().child("Contents")->child("Owner")->child_text("DisplayName") == "Alice");
  CHECK(keys_of(s3.get("/bucket", "delimiter=/")) == "a c [b/] [d/] ");
  CHECK(keys_of(s3.get("/bucket", "prefix=b/")) == "b/1 b/2 ");
  CHECK(keys_of(s3.get("/bucket", "prefix=none")).empty());
  const auto first = s3.get("/bucket", "delimiter=/&max-keys=2");
  CHECK(keys_of(first) == "a [b/] ");
  CHECK(first.text("NextMarker") == "b/");
  CHECK(keys_of(s3.get("/bucket", "delimiter=/&max-keys=2&marker=b/")) == "c [d/] ");
  CHECK(keys_of(s3.get("/bucket", "max-keys=0")).empty());
  CHECK(s3.get("/bucket", "max-keys=0").text("IsTruncated") == "false");
}

TEST_CASE("version two goes on by a token that cannot be forged") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const char* key : {"a", "b/1", "b/2", "c"}) s3.put("/bucket/" + std::string(key), "x");
  const auto first = s3.get("/bucket", "list-type=2&max-keys=2");
  CHECK(keys_of(first) == "a b/1 ");
  CHECK(first.text("KeyCount") == "2");
  CHECK(first.text("IsTruncated") == "true");
  CHECK(first.xml().child("Contents")->child("Owner") == nullptr);
  const std::string token = wire::percent_encode(first.text("NextContinuationToken"));
  const auto second = s3.get("/bucket", "list-type=2&fetch-owner=true&continuation-token=" + token);
  CHECK(keys_of(second) == "b/2 c ");
  CHECK(second.xml().child("Contents")->child("Owner")->child_text("ID") == "alice-id");
  CHECK(keys_of(s3.get("/bucket", "list-type=2&continuation-token=")) == "a b/1 b/2 c ");
  CHECK(short_form(s3.get("/bucket", "list-type=2&continuation-token=YWJj")) == "400 InvalidArgument");
  s3.make_bucket("other");
  CHECK(short_form(s3.get("/other", "list-type=2&continuation-token=" + token)) == "400 InvalidArgument");
  CHECK(keys_of(s3.get("/bucket", "list-type=2&start-after=b/1")) == "b/2 c ");
}

TEST_CASE("page sizes are numbers, and capped") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(s3.get("/bucket", "max-keys=1000000000").text("MaxKeys") == "1000");
  for (const char* value : {"-1", "abc", "2147483648", "1e3", "+1"})
    CHECK(short_form(s3.get("/bucket", "max-keys=" + std::string(value))) == "400 InvalidArgument");
  CHECK(short_form(s3.get("/bucket", "encoding-type=base64")) == "400 InvalidArgument");
}

TEST_CASE("a listing is well-formed whatever the keys are") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const char* key : {"%01", "%3Ca%3E%26", "%EF%BF%BE", "a%20b%2B", "]]%3E"})
    REQUIRE(s3.put("/bucket/" + std::string(key), "x").status == 200);
  CHECK(s3.get("/bucket").xml().count("Contents") == 5);
  const auto url = s3.get("/bucket", "encoding-type=url");
  CHECK(url.text("EncodingType") == "url");
  CHECK(keys_of(url) == "%01 %3Ca%3E%26 %5D%5D%3E a%20b%2B %EF%BF%BE ");
  CHECK(s3.get("/bucket", "prefix=%3C%26%5D%5D%3E&delimiter=%3C").text("Prefix") == "<&]]>");
}

TEST_CASE("without versioning each object is its own null version") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const char* key : {"a", "b"}) s3.put("/bucket/" + std::string(key), "x");
  const auto page = s3.get("/bucket", "versions&max-keys=1");
  CHECK(keys_of(page) == "a ");
  CHECK(page.xml().child("Version")->child_text("VersionId") == "null");
  CHECK(page.xml().child("Version")->child_text("IsLatest") == "true");
  CHECK(page.text("NextKeyMarker") == "a");
  CHECK(page.text("NextVersionIdMarker") == "null");
  CHECK(keys_of(s3.get("/bucket", "versions&key-marker=a&version-id-marker=null")) == "b ");
  CHECK(short_form(s3.get("/bucket", "versions&version-id-marker=null")) == "400 InvalidArgument");
}

TEST_CASE("many objects go in one request, each with its own result") {
  S3Bench s3;
  s3.make_bucket("bucket");
  for (const char* key : {"a", "b", "c"}) s3.put("/bucket/" + std::string(key), "x");
  const std::string body =
      "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a</Key></Object><Object><Key>none</Key>"
      "</Object><Object><Key>b</Key><ETag>\"wrong\"</ETag></Object><Object><Key>" +
      std::string(1025, 'k') + "</Key></Object><Object><Key>c</Key><VersionId>7</VersionId></Object></Delete>";
  const auto r = s3.post("/bucket", "delete", body, {{"Content-MD5", md5_of(body)}});
  REQUIRE(short_form(r) == "200");
  std::string result;
  for (const auto& child : r.xml().children)
    result += child.name + ":" + std::string(child.child_text("Key")).substr(0, 4) + ":" +
              std::string(child.child_text("Code")) + " ";
  CHECK(result ==
        "Deleted:a: Deleted:none: Error:b:PreconditionFailed Error:kkkk:KeyTooLongError Error:c:NoSuchVersion ");
  CHECK(s3.head("/bucket/a").status == 404);
  CHECK(s3.head("/bucket/b").status == 200);
  CHECK(s3.head("/bucket/c").status == 200);
}

TEST_CASE("a quiet deletion says only what failed") {
  S3Bench s3;
  s3.make_bucket("bucket");
  const std::string body = "<Delete><Quiet>true</Quiet><Object><Key>a</Key></Object></Delete>";
  const auto r = s3.post("/bucket", "delete", body, {{"Content-MD5", md5_of(body)}});
  CHECK(r.status == 200);
  CHECK(r.xml().children.empty());
}

TEST_CASE("a deletion that is not quite right deletes nothing") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/a", "x");
  const auto send = [&](const std::string& body, bool with_md5 = true) {
    HeaderList headers;
    if (with_md5) headers.emplace_back("Content-MD5", md5_of(body));
    const auto code = short_form(s3.post("/bucket", "delete", body, headers));
    CHECK(s3.head("/bucket/a").status == 200);
    return code;
  };
  CHECK(send("<Delete><Object><Key>a</Key></Object></Delete>", false) == "400 InvalidRequest");
  CHECK(send("<Delete></Delete>") == "400 MalformedXML");
  CHECK(send("<Delete><Object><Key>a</Key></Object><Object/></Delete>") == "400 MalformedXML");
  CHECK(send("<Remove><Object><Key>a</Key></Object></Remove>") == "400 MalformedXML");
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i) many += "<Object><Key>a</Key></Object>";
  CHECK(send(many + "</Delete>") == "400 MalformedXML");
  CHECK(short_form(s3.post("/bucket", "delete", "<Delete><Object><Key>a</Key></Object></Delete>",
                           {{"Content-MD5", md5_of("other")}})) == "400 BadDigest");
  CHECK(send(std::string((8 << 20) + 1, ' ')) == "400 MaxMessageLengthExceeded");
}

TEST_CASE("a bucket says of features that it lacks what S3 says of a bucket without them") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(s3.get("/bucket", "versioning").xml().name == "VersioningConfiguration");
  CHECK(s3.get("/bucket", "versioning").xml().children.empty());
  CHECK(short_form(s3.get("/bucket", "policy")) == "404 NoSuchBucketPolicy");
  CHECK(short_form(s3.get("/bucket", "lifecycle")) == "404 NoSuchLifecycleConfiguration");
  CHECK(short_form(s3.get("/bucket", "tagging")) == "404 NoSuchTagSet");
  CHECK(short_form(s3.get("/bucket", "inventory")) == "501 NotImplemented");
  CHECK(short_form(s3.put("/bucket?", "")) == "400 InvalidBucketName");
}
