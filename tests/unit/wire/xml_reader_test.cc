#include "common/wire/xml_reader.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::wire;

namespace {

Errc refusal(std::string_view document, const XmlLimits& limits = {}) {
  INFO(document.substr(0, 200));
  const auto parsed = parse_xml(document, limits);
  REQUIRE_FALSE(parsed);
  return parsed.error().code;
}

std::string nested(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += "<a>";
  for (std::size_t i = 0; i < depth; ++i) out += "</a>";
  return out;
}

}  // namespace

TEST_CASE("a document becomes a tree") {
  const auto root = parse_xml(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\n"
      "  <!-- a <comment> & more -->\n  <Object><Key>a&amp;b&#x41;</Key></Object>\n"
      "  <s3:Object kind='x>y'><Key><![CDATA[<&>]]></Key></s3:Object><Quiet>true</Quiet><Empty/>\n</Delete>\n");
  REQUIRE(root);
  CHECK(root->name == "Delete");
  CHECK(root->children.size() == 4);
  CHECK(root->count("Object") == 2);
  CHECK(root->child("Object")->child_text("Key") == "a&bA");
  CHECK(root->children[1].child_text("Key") == "<&>");
  CHECK(root->children[1].attributes == decltype(root->attributes){{"kind", "x>y"}});
  CHECK(root->child_text("Quiet") == "true");
  CHECK(root->child("Missing") == nullptr);
  CHECK(root->child_text("Missing").empty());
}

TEST_CASE("white space is kept where it is all there is") {
  CHECK(parse_xml("<R><Key> </Key></R>")->child_text("Key") == " ");
  CHECK(parse_xml("<R><Key> a </Key></R>")->child_text("Key") == " a ");
}

TEST_CASE("document types, entities and processing instructions are refused before they are expanded") {
  CHECK(refusal("<!DOCTYPE a><a/>") == Errc::kMalformed);
  CHECK(refusal("<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 \"&lol;&lol;\">]><lolz>&lol2;</lolz>") ==
        Errc::kMalformed);
  CHECK(refusal("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>") == Errc::kMalformed);
  CHECK(refusal("<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1/\">%p;]><a/>") == Errc::kMalformed);
  CHECK(refusal("<a><!DOCTYPE b></a>") == Errc::kMalformed);
  CHECK(refusal("<a><!ELEMENT b></a>") == Errc::kMalformed);
  CHECK(refusal("<a>&nbsp;</a>") == Errc::kMalformed);
  CHECK(refusal("<a b='&x;'/>") == Errc::kMalformed);
  CHECK(refusal("<a>&#0;</a>") == Errc::kMalformed);
  CHECK(refusal("<a>&#x1;</a>") == Errc::kMalformed);
  CHECK(refusal("<a>&#xD800;</a>") == Errc::kMalformed);
  CHECK(refusal("<a>&#99999999999;</a>") == Errc::kMalformed);
  CHECK(refusal("<a>&amp</a>") == Errc::kMalformed);
  CHECK(refusal("<?xml version='1.0'?><?php x ?><a/>") == Errc::kMalformed);
  CHECK(refusal("<?xml-stylesheet href='x'?><a/>") == Errc::kMalformed);
}

TEST_CASE("only UTF-8 without a byte order mark and without control characters is read") {
  CHECK(refusal("\xEF\xBB\xBF<a/>") == Errc::kMalformed);
  CHECK(refusal(std::string_view("\xFF\xFE<\0a\0/\0>\0", 10)) == Errc::kMalformed);
  CHECK(refusal(std::string_view("\0<\0a\0/\0>", 8)) == Errc::kMalformed);
  CHECK(refusal(std::string_view("<a>\0</a>", 8)) == Errc::kMalformed);
  CHECK(refusal("<a>\x01</a>") == Errc::kMalformed);
  CHECK(refusal("<a>\xC3</a>") == Errc::kMalformed);
  CHECK(refusal("<?xml version='1.0' encoding='UTF-16'?><a/>") == Errc::kMalformed);
  CHECK(refusal("<?xml version='1.0' encoding='UTF-7'?><a>+ADw-</a>") == Errc::kMalformed);
  CHECK(parse_xml("<?xml version='1.0' encoding='utf-8'?><a/>"));
}

TEST_CASE("what is not well-formed is refused") {
  for (const std::string_view bad : {"",         " ",
                                     "text",     "<a>",
                                     "</a>",     "<a></b>",
                                     "<a/><b/>", "<a/>text",
                                     "text<a/>", "<a><b></a></b>",
                                     "<a b=c/>", "<a b='1' b='2'/>",
                                     "<a",       "<a b='",
                                     "<!-- x",   "<a><![CDATA[x</a>",
                                     "<a>&</a>", "< a/>",
                                     "<a><</a>", "<a/></a>",
                                     "<>x</>",   "<![CDATA[x]]>"})
    CHECK(refusal(bad) == Errc::kMalformed);
}

TEST_CASE("size, depth and number of elements are bounded") {
  CHECK(refusal("<aaaa/>", {.bytes_max = 6}) == Errc::kTooLarge);
  CHECK(parse_xml(nested(32)));
  CHECK(refusal(nested(33)) == Errc::kMalformed);
  CHECK(refusal(nested(100'000)) == Errc::kMalformed);
  std::string siblings = "<r>";
  for (int i = 0; i < 100'000; ++i) siblings += "<a/>";
  siblings += "</r>";
  CHECK(refusal(siblings) == Errc::kMalformed);
  CHECK(parse_xml(siblings, {.nodes_max = 200'000})->children.size() == 100'000);
  std::string attributes = "<r";
  for (int i = 0; i < 20; ++i) attributes += " a" + std::to_string(i) + "='1'";
  CHECK(refusal(attributes + "/>", {.nodes_max = 20}) == Errc::kMalformed);
}
