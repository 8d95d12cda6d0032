#include "client/lib/s3_documents.h"

#include <catch2/catch.hpp>

namespace objstore::client {
namespace {

TEST_CASE("a page of objects is read with its encoded keys") {
  const auto page = read_objects(
      "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><EncodingType>url</EncodingType>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>tok</NextContinuationToken>"
      "<Contents><Key>a+b%2Bc%0A</Key><Size>7</Size><ETag>&quot;x&quot;</ETag>"
      "<LastModified>2013-05-24T00:00:00.000Z</LastModified></Contents>"
      "<CommonPrefixes><Prefix>d%2F</Prefix></CommonPrefixes></ListBucketResult>");
  REQUIRE(page);
  CHECK(page->continuation == "tok");
  REQUIRE(page->page.objects.size() == 1);
  CHECK(page->page.objects[0].key == "a b+c\n");
  CHECK(page->page.objects[0].size == 7);
  CHECK(page->page.objects[0].etag == "\"x\"");
  CHECK(page->page.objects[0].last_modified_ms == 1369353600000);
  CHECK(page->page.prefixes == std::vector<std::string>{"d/"});
}

TEST_CASE("keys of a server that does not encode them are left alone") {
  const auto page =
      read_objects("<ListBucketResult><Contents><Key>a+b%20</Key><Size>0</Size></Contents></ListBucketResult>");
  REQUIRE(page);
  CHECK(page->page.objects[0].key == "a+b%20");
  CHECK(page->continuation.empty());
}

TEST_CASE("a listing that breaks off, or is another document, is refused") {
  for (const char* text : {"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "<Other/>", "no xml",
                           "", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
                           "<ListBucketResult><Contents><Size>1</Size></Contents></ListBucketResult>"}) {
    CAPTURE(text);
    CHECK_FALSE(read_objects(text));
  }
}

TEST_CASE("the keys that could not be removed come back with their errors") {
  const auto failures = read_remove_failures(
      "<DeleteResult><Deleted><Key>ok</Key></Deleted><Error><Key>k</Key><Code>AccessDenied</Code>"
      "<Message>no</Message></Error></DeleteResult>");
  REQUIRE(failures);
  REQUIRE(failures->size() == 1);
  CHECK((*failures)[0].key.str() == "k");
  CHECK((*failures)[0].error.code == Errc::kAccessDenied);
}

TEST_CASE("parts are listed in the document that completes an upload") {
  const std::vector<CompletedPart> parts = {
      {.number = 1, .etag = "\"a\"", .algorithm = wire::ChecksumAlgorithm::kCrc64Nvme, .checksum = "AAAA"},
      {.number = 2, .etag = "\"b\"", .algorithm = std::nullopt, .checksum = ""}};
  const std::string document = write_complete(parts);
  CHECK(document.find("<PartNumber>1</PartNumber>") != std::string::npos);
  CHECK(document.find("<ChecksumCRC64NVME>AAAA</ChecksumCRC64NVME>") != std::string::npos);
  CHECK(document.find("<PartNumber>2</PartNumber>") != std::string::npos);
}

TEST_CASE("keys that XML cannot hold are known") {
  CHECK(fits_in_xml("plain/\xC3\xA4&<>"));
  CHECK_FALSE(fits_in_xml("a\x01"));
  CHECK_FALSE(fits_in_xml("a\rb"));
  CHECK_FALSE(fits_in_xml("a\xEF\xBF\xBE"));
}

}  // namespace
}  // namespace objstore::client
