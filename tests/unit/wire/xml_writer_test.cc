#include "common/wire/xml_writer.h"

#include <catch2/catch.hpp>

#include "common/wire/xml_reader.h"

using namespace objstore::wire;

TEST_CASE("a document is written as S3 writes it") {
  XmlWriter xml("ListBucketResult", kS3Namespace);
  xml.element("Name", "bucket").element("MaxKeys", 1000).element("IsTruncated", false);
  xml.open("Contents").element("Key", "a&b").element("Size", std::uint64_t{5}).close();
  xml.open("Grantee", {{"xmlns:xsi", "http://x"}, {"xsi:type", "a\"b"}}).element("ID", std::string("1"));
  CHECK(std::move(xml).finish() ==
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><MaxKeys>1000</MaxKeys>"
        "<IsTruncated>false</IsTruncated><Contents><Key>a&amp;b</Key><Size>5</Size></Contents>"
        "<Grantee xmlns:xsi=\"http://x\" xsi:type=\"a&quot;b\"><ID>1</ID></Grantee></ListBucketResult>");
}

TEST_CASE("whatever a text holds, the document can be read, and what XML knows comes back as it was") {
  for (const std::string_view text :
       {"<>&\"']]>", "a\rb\nc\td", "\xC3\xBC\xE2\x82\xAC\xF0\x9F\x98\x80", " ", "", "<!DOCTYPE x>", "&lt;"}) {
    XmlWriter xml("R");
    xml.element("K", text);
    const auto parsed = parse_xml(std::move(xml).finish());
    REQUIRE(parsed);
    CHECK(parsed->child_text("K") == text);
  }
}

TEST_CASE("what XML does not know becomes U+FFFD") {
  CHECK(xml_escape(std::string_view("a\0b\x01\x1f", 5)) ==
        "a\xEF\xBF\xBD"
        "b\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(xml_escape("\xEF\xBF\xBE") == "\xEF\xBF\xBD");
  CHECK(xml_escape("\xff") == "\xEF\xBF\xBD");
}
