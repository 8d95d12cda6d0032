#include "common/base/bytes.h"

#include <catch2/catch.hpp>

#include "common/base/utf8.h"

using namespace objstore;

TEST_CASE("hexadecimal goes both ways and refuses what is not") {
  CHECK(to_hex(as_bytes(std::string_view("\x00\xff\x1a", 3))) == "00ff1a");
  CHECK(from_hex("00FF1a") == std::string("\x00\xff\x1a", 3));
  CHECK(from_hex("") == "");
  CHECK_FALSE(from_hex("0"));
  CHECK_FALSE(from_hex("0g"));
  CHECK_FALSE(from_hex(" 0"));
}

TEST_CASE("base64 gives the values of RFC 4648") {
  const std::pair<std::string_view, std::string_view> vectors[] = {{"", ""},
                                                                   {"f", "Zg=="},
                                                                   {"fo", "Zm8="},
                                                                   {"foo", "Zm9v"},
                                                                   {"foob", "Zm9vYg=="},
                                                                   {"fooba", "Zm9vYmE="},
                                                                   {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, coded] : vectors) {
    CHECK(to_base64(as_bytes(plain)) == coded);
    CHECK(from_base64(coded) == plain);
  }
}

TEST_CASE("base64 is strict") {
  for (const std::string_view bad :
       {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==\n", " Zg==", "Z===", "====", "Zg==Zg==", "Zm-v"})
    CHECK_FALSE(from_base64(bad));
}

TEST_CASE("big-endian numbers sort as their bytes do") {
  std::string a;
  std::string b;
  append_u64_be(a, 255);
  append_u64_be(b, 256);
  CHECK(a < b);
  CHECK(a.size() == 8);
  CHECK(read_u64_be(b) == 256);
  std::string c;
  append_u32_be(c, 0xDEADBEEF);
  CHECK(to_hex(as_bytes(c)) == "deadbeef");
  CHECK(read_u32_be(c) == 0xDEADBEEF);
}

TEST_CASE("UTF-8 is checked for form") {
  CHECK(is_valid_utf8(""));
  CHECK(is_valid_utf8("grün €\xf0\x9f\x98\x80"));
  CHECK(is_valid_utf8(std::string_view("a\0b", 3)));
  for (const std::string_view bad : {"\x80", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3",
                                     "\xff", "\xf0\x9f\x98", "a\xc3z"})
    CHECK_FALSE(is_valid_utf8(bad));
  CHECK(utf8_step("\xe2\x82\xac!").code_point == 0x20AC);
  CHECK(utf8_step("\xe2\x82\xac!").length == 3);
  CHECK(utf8_step("").length == 0);
}

TEST_CASE("numbers are digits only and do not overflow") {
  CHECK(parse_u64("0") == 0u);
  CHECK(parse_u64("0005") == 5u);
  CHECK(parse_u64("18446744073709551615") == 18446744073709551615u);
  for (const std::string_view bad : {"", "-1", "+5", " 5", "5 ", "0x5", "18446744073709551616", "99999999999999999999"})
    CHECK_FALSE(parse_u64(bad));
}

TEST_CASE("text helpers know ASCII only") {
  CHECK(to_lower("AbC-Ä") == "abc-Ä");
  CHECK(equals_ignore_case("Content-MD5", "content-md5"));
  CHECK_FALSE(equals_ignore_case("a", "ab"));
  CHECK(trim(" \t a b \t") == "a b");
  CHECK(trim(" \t").empty());
}
