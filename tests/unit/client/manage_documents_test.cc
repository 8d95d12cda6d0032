#include "client/lib/manage_documents.h"

#include <catch2/catch.hpp>

namespace objstore::client {
namespace {

TEST_CASE("a page of versions has keys as they are, states, and where it goes on") {
  const auto page = read_versions(
                        "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                        "<NextKeyMarker>b%2Fc</NextKeyMarker><NextVersionIdMarker>v9</NextVersionIdMarker>"
                        "<DeleteMarker><Key>a+b</Key><VersionId>v2</VersionId><IsLatest>true</IsLatest></DeleteMarker>"
                        "<Version><Key>a+b</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest><Size>3</Size>"
                        "<ETag>\"e\"</ETag></Version></ListVersionsResult>")
                        .value();
  REQUIRE(page.versions.size() == 2);
  CHECK(page.versions[0].is_delete_marker);
  CHECK(page.versions[0].is_latest);
  CHECK(page.versions[0].key == "a b");
  CHECK(page.versions[1].size == 3);
  CHECK(page.next.key == "b/c");
  CHECK(page.next.id == "v9");
}

TEST_CASE("a listing that breaks off without a marker is not taken for a whole one") {
  CHECK(read_versions("<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>").error().code ==
        Errc::kMalformed);
  CHECK(read_uploads("<ListMultipartUploadsResult><IsTruncated>true</IsTruncated></ListMultipartUploadsResult>")
            .error()
            .code == Errc::kMalformed);
  CHECK(read_parts("<ListPartsResult><IsTruncated>true</IsTruncated></ListPartsResult>").error().code ==
        Errc::kMalformed);
  CHECK(read_parts("<Other/>").error().code == Errc::kMalformed);
}

TEST_CASE("parts carry the checksum that the server keeps") {
  const auto page = read_parts(
                        "<ListPartsResult><Part><PartNumber>2</PartNumber><Size>5</Size><ETag>\"e\"</ETag>"
                        "<ChecksumCRC64NVME>abc=</ChecksumCRC64NVME></Part></ListPartsResult>")
                        .value();
  REQUIRE(page.parts.size() == 1);
  CHECK(page.parts[0].number == 2);
  CHECK(page.parts[0].checksum == "CRC64NVME:abc=");
  CHECK(page.next.empty());
}

TEST_CASE("tags go there and back") {
  const std::map<std::string, std::string> tags = {{"a", "1"}, {"b&<", "x y"}};
  CHECK(read_tags(write_tags(tags)).value() == tags);
  CHECK(read_tags("<Tagging><TagSet/></Tagging>").value().empty());
}

TEST_CASE("versioning that was never switched on is off") {
  CHECK(read_versioning("<VersioningConfiguration/>").value() == Versioning::kOff);
  CHECK(read_versioning(write_versioning(Versioning::kEnabled)).value() == Versioning::kEnabled);
  CHECK(read_versioning(write_versioning(Versioning::kSuspended)).value() == Versioning::kSuspended);
}

}  // namespace
}  // namespace objstore::client
