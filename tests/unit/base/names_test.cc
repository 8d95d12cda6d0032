#include <objstore/names.h>

#include <catch2/catch.hpp>

using namespace objstore;

TEST_CASE("ordinary bucket names are accepted") {
  const std::string longest(63, 'a');
  const std::initializer_list<std::string_view> names = {"abc",   "a-b",       "a.b.c",      "123",  "my-bucket.2024",
                                                         "1.2.3", "1.2.3.4.5", "1234.1.1.1", "a--b", "v2x",
                                                         "admin", longest};
  for (const std::string_view good : names) {
    INFO(good);
    REQUIRE(BucketName::parse(good));
    CHECK(BucketName::parse(good)->str() == good);
  }
}

TEST_CASE("bucket names that break a rule are refused") {
  const std::string too_long(64, 'a');
  const std::initializer_list<std::string_view> names = {"",
                                                         "ab",
                                                         too_long,
                                                         "Abc",
                                                         "a_b",
                                                         "abc/",
                                                         "-abc",
                                                         "abc-",
                                                         ".abc",
                                                         "abc.",
                                                         "a..b",
                                                         "a.-b",
                                                         "a-.b",
                                                         "192.168.5.4",
                                                         "xn--abc",
                                                         "sthree-abc",
                                                         "amzn-s3-demo-abc",
                                                         "abc-s3alias",
                                                         "abc--ol-s3",
                                                         "abc.mrap",
                                                         "abc--x-s3",
                                                         "b\xc3\xbc"
                                                         "cket",
                                                         "a b"};
  for (const std::string_view bad : names) {
    INFO(bad);
    const auto result = BucketName::parse(bad);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::kInvalidArgument);
    CHECK_FALSE(result.error().message.empty());
  }
}

TEST_CASE("an object key is opaque, bounded UTF-8") {
  for (const std::string_view good : {"a", "/", "//", "..", "a/../../b", " ", "\x01", "gr\xc3\xbcn", "%2e%2e"})
    CHECK(ObjectKey::parse(good)->str() == good);
  CHECK(ObjectKey::parse(std::string(1024, 'k')));
  CHECK(ObjectKey::parse(std::string(1025, 'k')).error().code == Errc::kTooLarge);
  CHECK(ObjectKey::parse("").error().code == Errc::kInvalidArgument);
  CHECK(ObjectKey::parse("\xc0\xaf").error().code == Errc::kInvalidArgument);
  CHECK(ObjectKey::parse(std::string_view("a\0b", 3)).error().code == Errc::kInvalidArgument);
}

TEST_CASE("every error code has a name") {
  CHECK(to_string(Errc::kNoSuchKey) == "NoSuchKey");
  for (unsigned code = 0; code <= static_cast<unsigned>(Errc::kInternal); ++code)
    CHECK(to_string(static_cast<Errc>(code)) != "Unknown");
}
