#include "common/wire/ranges.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::wire;

TEST_CASE("one range of an object") {
  CHECK(parse_range("bytes=0-9", 100) == ByteRange{0, 10});
  CHECK(parse_range("bytes=0-", 100) == ByteRange{0, 100});
  CHECK(parse_range("bytes=99-", 100) == ByteRange{99, 1});
  CHECK(parse_range("bytes=90-1000", 100) == ByteRange{90, 10});
  CHECK(parse_range("bytes=5-5", 100) == ByteRange{5, 1});
  CHECK(parse_range("bytes=-10", 100) == ByteRange{90, 10});
  CHECK(parse_range("bytes=-1000", 100) == ByteRange{0, 100});
  CHECK(parse_range("Bytes= 1-2 ", 100) == ByteRange{1, 2});
  CHECK(parse_range("bytes=0-99999999999999999999999", 100) == ByteRange{0, 100});
}

TEST_CASE("a range without a byte of the object is refused") {
  for (const std::string_view value : {"bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999999-"}) {
    INFO(value);
    REQUIRE_FALSE(parse_range(value, 100));
    CHECK(parse_range(value, 100).error().code == Errc::kInvalidRange);
  }
  for (const std::string_view value : {"bytes=0-", "bytes=0-0", "bytes=-1", "bytes=-0"})
    CHECK(parse_range(value, 0).error().code == Errc::kInvalidRange);
}

namespace {
bool is_ignored(const Result<std::optional<ByteRange>>& range) {
  return range && !range->has_value();
}
}  // namespace

TEST_CASE("what is not one range of bytes is ignored") {
  for (const std::string_view value :
       {"", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-2", "bytes=0-1,5-6", "bytes=-5,0-1", "bytes=+1-2",
        "bytes=1--2", "items=0-9", "0-9", "bytes=0x1-2", "bytes 0-9", "bytes=1-2-"}) {
    INFO(value);
    CHECK(is_ignored(parse_range(value, 100)));
    CHECK(is_ignored(parse_range(value, 0)));
  }
}

TEST_CASE("a copy's range is stricter") {
  CHECK(parse_copy_source_range("bytes=0-9", 10) == ByteRange{0, 10});
  for (const std::string_view value : {"0-9", "bytes=0-", "bytes=-5", "bytes=9-0", "bytes=a-b", "bytes=0-1,2-3", ""})
    CHECK(parse_copy_source_range(value, 10).error().code == Errc::kInvalidArgument);
  CHECK(parse_copy_source_range("bytes=0-10", 10).error().code == Errc::kInvalidRange);
  CHECK(parse_copy_source_range("bytes=0-0", 0).error().code == Errc::kInvalidRange);
}

TEST_CASE("Content-Range says what was sent") {
  CHECK(content_range({90, 10}, 100) == "bytes 90-99/100");
  CHECK(content_range_unsatisfied(100) == "bytes */100");
}
