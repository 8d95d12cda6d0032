// Access control lists: there is one, and what would give anybody else anything is refused.
#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

namespace {

std::string grant(const std::string& id, const std::string& permission, const std::string& type = "CanonicalUser") {
  return R"(<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type=")" + type + R"("><ID>)" +
         id + "</ID></Grantee><Permission>" + permission + "</Permission></Grant>";
}

std::string policy(const std::string& owner, const std::string& grants) {
  return "<AccessControlPolicy><Owner><ID>" + owner + "</ID></Owner><AccessControlList>" + grants +
         "</AccessControlList></AccessControlPolicy>";
}

std::string put_acl(S3Bench& s3, const std::string& path, const std::string& document, HeaderList headers = {}) {
  return short_form(
      s3({.method = "PUT", .path = path, .query = "acl", .body = document, .headers = std::move(headers)}));
}

std::string put_with(S3Bench& s3, const char* name, const char* value) {
  return short_form(s3.put("/bucket/key", "x", {{name, value}}));
}

void enforce(S3Bench& s3) {
  const std::string controls =
      "<OwnershipControls><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></OwnershipControls>";
  REQUIRE(s3({.method = "PUT", .path = "/bucket", .query = "ownershipControls", .body = controls}).status == 200);
}

}  // namespace

TEST_CASE("an ACL says that everything is the owner's") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "x");
  for (const char* path : {"/bucket", "/bucket/key"}) {
    const auto root = s3.get(path, "acl").xml();
    CHECK(root.child("Owner")->child_text("ID") == "alice-id");
    const auto* grants = root.child("AccessControlList");
    REQUIRE(grants->children.size() == 1);
    CHECK(grants->child("Grant")->child_text("Permission") == "FULL_CONTROL");
    CHECK(grants->child("Grant")->child("Grantee")->child_text("DisplayName") == "Alice");
    CHECK(put_acl(s3, path, s3.get(path, "acl").body) == "200");
  }
  CHECK(short_form(s3.get("/bucket/none", "acl")) == "404 NoSuchKey");
  CHECK(short_form(s3({.method = "GET", .path = "/bucket", .query = "acl", .key = kBob})) == "403 AccessDenied");
}

TEST_CASE("an upload may ask for the ACL that it gets, and for no other") {
  S3Bench s3;
  s3.make_bucket("bucket");
  CHECK(put_with(s3, "x-amz-acl", "private") == "200");
  CHECK(put_with(s3, "x-amz-acl", "bucket-owner-full-control") == "200");
  CHECK(put_with(s3, "x-amz-grant-full-control", "id=\"alice-id\"") == "200");
  CHECK(put_with(s3, "x-amz-acl", "public-read") == "400 AccessControlListNotSupported");
  CHECK(put_with(s3, "x-amz-acl", "everybodys") == "400 InvalidArgument");
  CHECK(put_with(s3, "x-amz-acl", "Private") == "400 InvalidArgument");
  CHECK(put_with(s3, "x-amz-grant-full-control", "id=alice-id, id=bob-id") == "400 AccessControlListNotSupported");
  CHECK(put_with(s3, "x-amz-grant-full-control", "uri=alice-id") == "400 AccessControlListNotSupported");
  CHECK(put_with(s3, "x-amz-grant-read", "id=alice-id") == "400 AccessControlListNotSupported");
  CHECK(put_with(s3, "x-amz-grant-full-control", "alice-id") == "400 InvalidArgument");
  CHECK(put_with(s3, "x-amz-grant-everything", "id=alice-id") == "400 InvalidArgument");
  const HeaderList both{{"x-amz-acl", "private"}, {"x-amz-grant-full-control", "id=alice-id"}};
  CHECK(short_form(s3.put("/bucket/key", "x", both)) == "400 InvalidRequest");
  const HeaderList open{{"x-amz-acl", "public-read"}};
  CHECK(short_form(s3.post("/bucket/key", "uploads", "", open)) == "400 AccessControlListNotSupported");
  CHECK(short_form(s3.put("/bucket/copy", "", {{"x-amz-copy-source", "bucket/key"}, open.front()})) ==
        "400 AccessControlListNotSupported");
  CHECK(short_form(s3.put("/another", "", open)) == "400 InvalidBucketAclWithObjectOwnership");
  CHECK(short_form(s3.put("/another", "", {{"x-amz-acl", "private"}})) == "200");
}

TEST_CASE("an ACL may be set to what it is") {
  S3Bench s3;
  s3.make_bucket("bucket");
  s3.put("/bucket/key", "x");
  for (const char* path : {"/bucket", "/bucket/key"}) {
    CHECK(put_acl(s3, path, "", {{"x-amz-acl", "private"}}) == "200");
    CHECK(put_acl(s3, path, "", {{"x-amz-acl", "public-read"}}) == "400 AccessControlListNotSupported");
    CHECK(put_acl(s3, path, "") == "400 MissingSecurityHeader");
    CHECK(put_acl(s3, path, policy("alice-id", grant("alice-id", "FULL_CONTROL"))) == "200");
    CHECK(put_acl(s3, path, policy("alice-id", grant("alice-id", "FULL_CONTROL")), {{"x-amz-acl", "private"}}) ==
          "400 UnexpectedContent");
    CHECK(put_acl(s3, path, policy("bob-id", grant("alice-id", "FULL_CONTROL"))) == "403 AccessDenied");
    for (const std::string& grants :
         {std::string(), grant("alice-id", "READ"), grant("bob-id", "FULL_CONTROL"),
          grant("alice-id", "FULL_CONTROL") + grant("bob-id", "READ"), grant("", "FULL_CONTROL", "Group")})
      CHECK(put_acl(s3, path, policy("alice-id", grants)) == "400 AccessControlListNotSupported");
    for (const std::string& grants : {grant("alice-id", "EVERYTHING"), grant("alice-id", "READ", "Nobody"),
                                      std::string("<Grant/>"), std::string("<Other/>")})
      CHECK(put_acl(s3, path, policy("alice-id", grants)) == "400 MalformedACLError");
    CHECK(put_acl(s3, path, "<AccessControlPolicy/>") == "400 MalformedACLError");
    CHECK(put_acl(s3, path, "{}") == "400 MalformedACLError");
  }
  CHECK(put_acl(s3, "/bucket/none", "", {{"x-amz-acl", "private"}}) == "404 NoSuchKey");
  CHECK(
      short_form(s3(
          {.method = "PUT", .path = "/bucket", .query = "acl", .headers = {{"x-amz-acl", "private"}}, .key = kBob})) ==
      "403 AccessDenied");
}

TEST_CASE("where the owner has enforced the ownership of objects no ACL is set, and private is one") {
  S3Bench s3;
  s3.make_bucket("bucket");
  enforce(s3);
  CHECK(put_with(s3, "x-amz-acl", "bucket-owner-full-control") == "200");
  CHECK(put_with(s3, "x-amz-acl", "private") == "400 AccessControlListNotSupported");
  CHECK(put_acl(s3, "/bucket", "", {{"x-amz-acl", "private"}}) == "400 AccessControlListNotSupported");
  CHECK(put_acl(s3, "/bucket/key", s3.get("/bucket/key", "acl").body) == "400 AccessControlListNotSupported");
  CHECK(s3.get("/bucket/key", "acl").status == 200);
  s3.remove("/bucket", "ownershipControls");
  CHECK(put_with(s3, "x-amz-acl", "private") == "200");
}

TEST_CASE("a bucket may be made with its ownership enforced") {
  S3Bench s3;
  CHECK(short_form(s3.put("/bucket", "", {{"x-amz-object-ownership", "ObjectWriter"}})) == "501 NotImplemented");
  CHECK(short_form(s3.get("/bucket")) == "404 NoSuchBucket");
  REQUIRE(s3.put("/bucket", "", {{"x-amz-object-ownership", "BucketOwnerEnforced"}}).status == 200);
  CHECK(s3.get("/bucket", "ownershipControls").xml().child("Rule")->child_text("ObjectOwnership") ==
        "BucketOwnerEnforced");
  CHECK(put_with(s3, "x-amz-acl", "private") == "400 AccessControlListNotSupported");
}
