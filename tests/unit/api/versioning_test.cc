#include "tests/unit/api/s3_bench.h"

using namespace objstore;
using namespace objstore::s3::testing;

namespace {

constexpr const char* kNoVersion = "0123456789abcdef0123456789abcdef";

std::string configuration(const std::string& inner) {
  return "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + inner +
         "</VersioningConfiguration>";
}

struct Versioned : S3Bench {
  explicit Versioned(const std::string& status = "Enabled") {
    make_bucket("bucket");
    if (!status.empty()) set(status);
  }
  void set(const std::string& status) { REQUIRE(short_form(configure("<Status>" + status + "</Status>")) == "200"); }
  Response configure(const std::string& inner) {
    return (*this)({.method = "PUT", .path = "/bucket", .query = "versioning", .body = configuration(inner)});
  }
  Response tag(const std::string& tags, const std::string& query = "tagging") {
    return (*this)({.method = "PUT",
                    .path = "/bucket/key",
                    .query = query,
                    .body = "<Tagging><TagSet>" + tags + "</TagSet></Tagging>"});
  }
  // Writes a version, and says which.
  std::string write(const std::string& body, const std::string& path = "/bucket/key") {
    const Response r = put(path, body);
    REQUIRE(r.status == 200);
    return r.header("x-amz-version-id");
  }
  // "Version id latest", or "DeleteMarker ...", in the order of the document.
  std::vector<std::string> versions(const std::string& query = "") {
    std::vector<std::string> all;
    for (const auto& child : get("/bucket", "versions" + query).xml().children)
      if (child.name == "Version" || child.name == "DeleteMarker")
        all.push_back(child.name + " " + std::string(child.child_text("VersionId")) + " " +
                      std::string(child.child_text("IsLatest")));
    return all;
  }
};

std::string tag_of(const std::string& key, const std::string& value) {
  return "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
}

}  // namespace

TEST_CASE("versioning is off, then enabled or suspended") {
  Versioned s3("");
  CHECK(s3.get("/bucket", "versioning").xml().children.empty());
  s3.set("Enabled");
  CHECK(s3.get("/bucket", "versioning").text("Status") == "Enabled");
  s3.set("Suspended");
  CHECK(s3.get("/bucket", "versioning").text("Status") == "Suspended");
  CHECK(short_form(s3.configure("<Status>Off</Status>")) == "400 MalformedXML");
  CHECK(short_form(s3.configure("")) == "400 IllegalVersioningConfigurationException");
  CHECK(short_form(s3.configure("<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>")) == "501 NotImplemented");
  CHECK(short_form(s3.configure("<MfaDelete>Disabled</MfaDelete><Status>Enabled</Status>")) == "200");
  CHECK(short_form(s3({.method = "PUT", .path = "/bucket", .query = "versioning", .body = "<a/>"})) ==
        "400 MalformedXML");
  CHECK(short_form(s3({.method = "PUT",
                       .path = "/bucket",
                       .query = "versioning",
                       .body = configuration("<Status>Suspended</Status>"),
                       .key = kBob})) == "403 AccessDenied");
}

TEST_CASE("a bucket that never had versions shows no ids") {
  Versioned s3("");
  CHECK(s3.write("x").empty());
  CHECK_FALSE(s3.get("/bucket/key").headers.contains("x-amz-version-id"));
  CHECK_FALSE(s3.remove("/bucket/key").headers.contains("x-amz-delete-marker"));
  CHECK(s3.versions().empty());
}

TEST_CASE("each version is read, looked at and described by its id") {
  Versioned s3;
  const std::string one = s3.write("one");
  const std::string two = s3.write("two!");
  CHECK(one != two);
  CHECK(s3.get("/bucket/key").header("x-amz-version-id") == two);
  CHECK(s3.get("/bucket/key", "versionId=" + one).body == "one");
  CHECK(s3.get("/bucket/key", "versionId=" + one).header("x-amz-version-id") == one);
  CHECK(s3.head("/bucket/key", "versionId=" + one).content_length == 3);
  CHECK(s3.get("/bucket/key", "acl&versionId=" + one).header("x-amz-version-id") == one);
  const auto etag = s3.get("/bucket/key").header("ETag");
  CHECK(s3.get("/bucket/key", "", {{"If-None-Match", etag}}).header("x-amz-version-id") == two);
  CHECK(short_form(s3.get("/bucket/key", "versionId=" + std::string(kNoVersion))) == "404 NoSuchVersion");
  CHECK(short_form(s3.get("/bucket/key", "versionId=3f")) == "400 InvalidArgument");
  CHECK(short_form(s3.get("/bucket/key", "versionId=")) == "400 InvalidArgument");
  CHECK(s3.versions() == std::vector<std::string>{"Version " + two + " true", "Version " + one + " false"});
}

TEST_CASE("a delete marker is told from nothing by its headers") {
  Versioned s3;
  const std::string id = s3.write("x");
  const auto removed = s3.remove("/bucket/key");
  CHECK(removed.status == 204);
  CHECK(removed.header("x-amz-delete-marker") == "true");
  const std::string marker = removed.header("x-amz-version-id");
  for (const auto& r : {s3.get("/bucket/key"), s3.head("/bucket/key"), s3.get("/bucket/key", "tagging")}) {
    CHECK(r.status == 404);
    CHECK(r.header("x-amz-delete-marker") == "true");
    CHECK(r.header("x-amz-version-id") == marker);
  }
  for (const auto& r : {s3.get("/bucket/key", "versionId=" + marker), s3.head("/bucket/key", "versionId=" + marker)}) {
    CHECK(r.status == 405);
    CHECK(r.header("x-amz-delete-marker") == "true");
    CHECK(r.header("Allow") == "DELETE");
    CHECK(r.headers.contains("Last-Modified"));
  }
  CHECK(s3.get("/bucket/key", "versionId=" + marker).code() == "MethodNotAllowed");
  CHECK_FALSE(s3.get("/bucket/other").headers.contains("x-amz-delete-marker"));
  CHECK(s3.get("/bucket", "list-type=2").text("KeyCount") == "0");
  CHECK(short_form(s3.remove("/bucket")) == "409 BucketNotEmpty");

  const auto undone = s3.remove("/bucket/key", "versionId=" + marker);
  CHECK(undone.header("x-amz-delete-marker") == "true");
  CHECK(undone.header("x-amz-version-id") == marker);
  CHECK(s3.get("/bucket/key").body == "x");
  const auto gone = s3.remove("/bucket/key", "versionId=" + id);
  CHECK(gone.header("x-amz-version-id") == id);
  CHECK_FALSE(gone.headers.contains("x-amz-delete-marker"));
  CHECK(s3.remove("/bucket/key", "versionId=" + id).status == 204);
  CHECK(s3.remove("/bucket").status == 204);
}

TEST_CASE("while suspended the null version is written") {
  Versioned s3;
  const std::string id = s3.write("one");
  s3.set("Suspended");
  CHECK(s3.write("two").empty());  // S3 does not say it
  CHECK(s3.write("three").empty());
  CHECK(s3.get("/bucket/key").header("x-amz-version-id") == "null");
  CHECK(s3.get("/bucket/key", "versionId=null").body == "three");
  CHECK(s3.get("/bucket/key", "versionId=" + id).body == "one");
  CHECK(s3.remove("/bucket/key").header("x-amz-version-id") == "null");
  CHECK(s3.versions() == std::vector<std::string>{"DeleteMarker null true", "Version " + id + " false"});
}

TEST_CASE("conditions take a delete marker for nothing") {
  Versioned s3;
  s3.write("x");
  CHECK(short_form(s3.put("/bucket/key", "y", {{"If-None-Match", "*"}})) == "412 PreconditionFailed");
  s3.remove("/bucket/key");
  CHECK(short_form(s3.put("/bucket/key", "y", {{"If-Match", "*"}})) == "404 NoSuchKey");
  CHECK(short_form(s3.put("/bucket/key", "y", {{"If-None-Match", "*"}})) == "200");
}

TEST_CASE("a condition of DeleteObject is asked of the version that it names") {
  Versioned s3;
  const std::string id = s3.write("x");
  const auto etag = s3.get("/bucket/key").header("ETag");
  s3.write("y");
  CHECK(short_form(s3.remove("/bucket/key", "versionId=" + id, {{"If-Match", "\"wrong\""}})) ==
        "412 PreconditionFailed");
  CHECK(s3.remove("/bucket/key", "versionId=" + id, {{"If-Match", etag}}).status == 204);
  CHECK(s3.versions().size() == 1);
}

TEST_CASE("DeleteObjects removes versions and makes markers") {
  Versioned s3;
  const std::string id = s3.write("x");
  const auto document = [](const std::string& objects) { return "<Delete>" + objects + "</Delete>"; };
  const auto erase = [&](const std::string& objects) {
    const std::string body = document(objects);
    return s3.post("/bucket", "delete", body, {{"Content-MD5", to_base64(md5(as_bytes(body)))}});
  };
  const auto made = erase("<Object><Key>key</Key></Object><Object><Key>other</Key></Object>").xml();
  REQUIRE(made.children.size() == 2);
  CHECK(made.children[0].child_text("DeleteMarker") == "true");
  CHECK(made.children[0].child("VersionId") == nullptr);
  const std::string marker(made.children[0].child_text("DeleteMarkerVersionId"));
  const auto removed = erase("<Object><Key>key</Key><VersionId>" + marker + "</VersionId></Object>" +
                             "<Object><Key>key</Key><VersionId>" + id + "</VersionId></Object>" +
                             "<Object><Key>key</Key><VersionId>bad</VersionId></Object>" +
                             "<Object><Key>key</Key><VersionId>" + kNoVersion + "</VersionId></Object>")
                           .xml();
  REQUIRE(removed.children.size() == 4);
  CHECK(removed.children[0].child_text("DeleteMarker") == "true");
  CHECK(removed.children[0].child_text("DeleteMarkerVersionId") == marker);
  CHECK(removed.children[0].child_text("VersionId") == marker);
  CHECK(removed.children[1].child_text("VersionId") == id);
  CHECK(removed.children[1].child("DeleteMarker") == nullptr);
  CHECK(removed.children[2].child_text("Code") == "NoSuchVersion");
  CHECK(removed.children[3].name == "Deleted");
  CHECK(s3.versions().size() == 1);
}

TEST_CASE("a copy names the version of its source and its own") {
  Versioned s3;
  const std::string one = s3.write("one");
  const std::string two = s3.write("two");
  const auto copy = [&](const std::string& source, const std::string& to, HeaderList headers = {}) {
    headers.emplace_back("x-amz-copy-source", source);
    return s3.put(to, "", headers);
  };
  const auto copied = copy("bucket/key?versionId=" + one, "/bucket/copy");
  CHECK(copied.header("x-amz-copy-source-version-id") == one);
  CHECK(s3.get("/bucket/copy", "versionId=" + copied.header("x-amz-version-id")).body == "one");
  CHECK(copy("bucket/key", "/bucket/copy").header("x-amz-copy-source-version-id") == two);
  CHECK(copy("bucket/key?versionId=" + one, "/bucket/key").status == 200);
  CHECK(s3.get("/bucket/key").body == "one");
  CHECK(short_form(copy("bucket/key", "/bucket/key")) == "400 InvalidRequest");
  const std::string marker = s3.remove("/bucket/key").header("x-amz-version-id");
  CHECK(short_form(copy("bucket/key", "/bucket/copy")) == "404 NoSuchKey");
  CHECK(short_form(copy("bucket/key?versionId=" + marker, "/bucket/copy")) == "400 InvalidRequest");
  CHECK(short_form(copy("bucket/key?versionId=" + std::string(kNoVersion), "/bucket/copy")) == "404 NoSuchVersion");

  const std::string upload = s3.post("/bucket/whole", "uploads", "").text("UploadId");
  const auto part = s3({.method = "PUT",
                        .path = "/bucket/whole",
                        .query = "partNumber=1&uploadId=" + upload,
                        .headers = {{"x-amz-copy-source", "bucket/key?versionId=" + two}}});
  CHECK(part.header("x-amz-copy-source-version-id") == two);
  const auto done = s3.post("/bucket/whole", "uploadId=" + upload,
                            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.text("ETag") +
                                "</ETag></Part></CompleteMultipartUpload>");
  CHECK(s3.get("/bucket/whole", "versionId=" + done.header("x-amz-version-id")).body == "two");
}

TEST_CASE("versions are listed in pages, with their owners") {
  Versioned s3;
  const std::string one = s3.write("1");
  const std::string two = s3.write("22");
  s3.write("x", "/bucket/dir/a");
  const auto page = s3.get("/bucket", "versions&max-keys=1&delimiter=/&encoding-type=url").xml();
  CHECK(page.child_text("IsTruncated") == "true");
  CHECK(page.child_text("NextKeyMarker") == "dir/");
  CHECK(page.child("NextVersionIdMarker") == nullptr);
  const auto next = s3.get("/bucket", "versions&max-keys=1&key-marker=dir/&delimiter=/").xml();
  CHECK(next.child_text("NextKeyMarker") == "key");
  CHECK(next.child_text("NextVersionIdMarker") == two);
  CHECK(next.child("Version")->child("Owner")->child_text("ID") == "alice-id");
  CHECK(next.child("Version")->child_text("Size") == "2");
  CHECK(s3.versions("&key-marker=key&version-id-marker=" + two) ==
        std::vector<std::string>{"Version " + one + " false"});
  CHECK(short_form(s3.get("/bucket", "versions&key-marker=key&version-id-marker=x")) == "400 InvalidArgument");
  CHECK(s3.get("/bucket", "versions&max-keys=0").text("IsTruncated") == "false");
}

TEST_CASE("tags of an object are set, read and removed") {
  Versioned s3("");
  s3.write("x");
  CHECK(s3.get("/bucket/key", "tagging").xml().child("TagSet")->children.empty());
  CHECK(s3.tag(tag_of("a", "1") + tag_of("b", "")).status == 200);
  CHECK(s3.get("/bucket/key", "tagging").xml().child("TagSet")->children.size() == 2);
  CHECK(s3.head("/bucket/key").header("x-amz-tagging-count") == "2");
  CHECK(s3.remove("/bucket/key", "tagging").status == 204);
  CHECK_FALSE(s3.head("/bucket/key").headers.contains("x-amz-tagging-count"));
  CHECK(s3.get("/bucket/key").body == "x");
  CHECK(short_form(s3(
            {.method = "PUT", .path = "/bucket/none", .query = "tagging", .body = "<Tagging><TagSet/></Tagging>"})) ==
        "404 NoSuchKey");
}

TEST_CASE("tags are refused as S3 refuses them") {
  Versioned s3("");
  s3.write("x");
  const auto refused = [&](const std::string& tags) { return short_form(s3.tag(tags)); };
  CHECK(refused(tag_of("a", "1") + tag_of("a", "2")) == "400 InvalidTag");
  CHECK(refused(tag_of("", "1")) == "400 InvalidTag");
  CHECK(refused(tag_of("aws:x", "1")) == "400 InvalidTag");
  CHECK(refused(tag_of(std::string(129, 'k'), "1")) == "400 InvalidTag");
  CHECK(refused(tag_of("k", std::string(257, 'v'))) == "400 InvalidTag");
  CHECK(refused("<Tag><Key>a</Key></Tag>") == "400 MalformedXML");
  CHECK(refused("<Other/>") == "400 MalformedXML");
  std::string many;
  for (int i = 0; i < 10; ++i) many += tag_of("k" + std::to_string(i), std::string(256, 'v'));
  CHECK(refused(many) == "200");
  CHECK(refused(many + tag_of("k10", "v")) == "400 BadRequest");
  CHECK(s3.head("/bucket/key").header("x-amz-tagging-count") == "10");
}

TEST_CASE("each version has tags of its own") {
  Versioned s3;
  const std::string one = s3.write("one");
  const std::string two = s3.write("two");
  const auto tagged = s3.tag(tag_of("v", "1"), "tagging&versionId=" + one);
  CHECK(tagged.header("x-amz-version-id") == one);
  CHECK(s3.tag(tag_of("v", "2")).header("x-amz-version-id") == two);
  CHECK(s3.get("/bucket/key", "tagging&versionId=" + one).body.contains("<Value>1</Value>"));
  CHECK(s3.get("/bucket/key", "tagging").body.contains("<Value>2</Value>"));
  CHECK(s3.remove("/bucket/key", "tagging&versionId=" + one).header("x-amz-version-id") == one);
  CHECK(s3.get("/bucket/key", "tagging").body.contains("<Value>2</Value>"));
  const std::string marker = s3.remove("/bucket/key").header("x-amz-version-id");
  CHECK(short_form(s3.tag(tag_of("v", "3"))) == "404 NoSuchKey");
  CHECK(short_form(s3.tag(tag_of("v", "3"), "tagging&versionId=" + marker)) == "405 MethodNotAllowed");
  CHECK(short_form(s3.tag(tag_of("v", "3"), "tagging&versionId=" + std::string(kNoVersion))) == "404 NoSuchVersion");
}

TEST_CASE("tags of a bucket are set, read and removed") {
  Versioned s3("");
  const auto set = [&](const std::string& tags) {
    return short_form(s3({.method = "PUT",
                          .path = "/bucket",
                          .query = "tagging",
                          .body = "<Tagging><TagSet>" + tags + "</TagSet></Tagging>"}));
  };
  CHECK(short_form(s3.get("/bucket", "tagging")) == "404 NoSuchTagSet");
  CHECK(set(tag_of("team", "build")) == "204");
  CHECK(s3.get("/bucket", "tagging").body.contains("<Key>team</Key><Value>build</Value>"));
  std::string many;
  for (int i = 0; i < 50; ++i) many += tag_of("k" + std::to_string(i), "v");
  CHECK(set(many) == "204");
  CHECK(set(many + tag_of("k50", "v")) == "400 BadRequest");
  CHECK(set(tag_of("aws:x", "v")) == "400 InvalidTag");
  CHECK(s3.get("/bucket", "tagging").xml().child("TagSet")->children.size() == 50);
  CHECK(s3.remove("/bucket", "tagging").status == 204);
  CHECK(short_form(s3.get("/bucket", "tagging")) == "404 NoSuchTagSet");
}

TEST_CASE("the attributes of an object are those that are asked for") {
  Versioned s3;
  const std::string one = s3.write("one");
  s3.write("four");
  const auto ask = [&](const std::string& names, const std::string& query = "attributes", HeaderList headers = {}) {
    headers.emplace_back("x-amz-object-attributes", names);
    return s3.get("/bucket/key", query, headers);
  };
  const auto all = ask("ETag,Checksum,ObjectParts,StorageClass,ObjectSize");
  CHECK(all.text("ObjectSize") == "4");
  CHECK(all.text("StorageClass") == "STANDARD");
  CHECK(all.text("ETag").size() == 32);
  CHECK(all.xml().child("ObjectParts") == nullptr);
  CHECK(all.headers.contains("Last-Modified"));
  const auto older = ask("ObjectSize", "attributes&versionId=" + one);
  CHECK(older.text("ObjectSize") == "3");
  CHECK(older.header("x-amz-version-id") == one);
  CHECK(older.xml().children.size() == 1);
  CHECK(short_form(ask("Nothing")) == "400 InvalidArgument");
  CHECK(short_form(s3.get("/bucket/key", "attributes")) == "400 InvalidArgument");
  CHECK(short_form(ask("ETag", "attributes", {{"x-amz-max-parts", "-1"}})) == "400 InvalidArgument");
  s3.remove("/bucket/key");
  CHECK(ask("ETag").header("x-amz-delete-marker") == "true");
}

TEST_CASE("the parts of an object are given in pages") {
  Versioned s3("");
  const std::string upload = s3.post("/bucket/key", "uploads", "").text("UploadId");
  const std::string part(5 << 20, 'p');
  std::string list;
  for (const std::string number : {"1", "2", "5"}) {
    const auto stored = s3({.method = "PUT",
                            .path = "/bucket/key",
                            .query = "partNumber=" + number + "&uploadId=" + upload,
                            .body = number == "5" ? "end" : part});
    list += "<Part><PartNumber>" + number + "</PartNumber><ETag>" + stored.header("ETag") + "</ETag></Part>";
  }
  REQUIRE(
      s3.post("/bucket/key", "uploadId=" + upload, "<CompleteMultipartUpload>" + list + "</CompleteMultipartUpload>")
          .status == 200);
  const auto page =
      s3.get("/bucket/key", "attributes", {{"x-amz-object-attributes", "ObjectParts"}, {"x-amz-max-parts", "2"}});
  const auto first = *page.xml().child("ObjectParts");
  CHECK(first.child_text("PartsCount") == "3");
  CHECK(first.child_text("IsTruncated") == "true");
  CHECK(first.child_text("NextPartNumberMarker") == "2");
  CHECK(first.count("Part") == 2);
  CHECK(first.child("Part")->child_text("Size") == "5242880");
  const auto rest = *s3.get("/bucket/key", "attributes",
                            {{"x-amz-object-attributes", "ObjectParts"}, {"x-amz-part-number-marker", "2"}})
                         .xml()
                         .child("ObjectParts");
  CHECK(rest.child_text("IsTruncated") == "false");
  CHECK(rest.count("Part") == 1);
  CHECK(rest.child("Part")->child_text("PartNumber") == "5");
}
