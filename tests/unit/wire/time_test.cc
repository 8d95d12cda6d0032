#include "common/wire/time.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::wire;

namespace {
constexpr UnixMillis kExample = 1369353600000;  // 2013-05-24T00:00:00Z
}

TEST_CASE("times are written in the three forms") {
  CHECK(format_amz_date(kExample) == "20130524T000000Z");
  CHECK(format_iso8601(kExample + 45'296'789) == "2013-05-24T12:34:56.789Z");
  CHECK(format_http_date(kExample) == "Fri, 24 May 2013 00:00:00 GMT");
  CHECK(format_http_date(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(format_iso8601(951782400000) == "2000-02-29T00:00:00.000Z");
}

TEST_CASE("times out of range are written as the nearest") {
  CHECK(format_iso8601(-5) == "1970-01-01T00:00:00.000Z");
  CHECK(format_iso8601(INT64_MAX) == "9999-12-31T23:59:59.999Z");
}

TEST_CASE("the date of a signature is strict") {
  CHECK(parse_amz_date("20130524T000000Z") == kExample);
  for (const std::string_view bad : {"", "20130524T000000", "20130524 000000Z", "20130524T000000Z ", "20131324T000000Z",
                                     "20130230T000000Z", "20130524T240000Z", "2013052T0000000Z", "+2013524T000000Z"})
    CHECK_FALSE(parse_amz_date(bad));
}

TEST_CASE("ISO 8601 with and without fraction and zone") {
  CHECK(parse_iso8601("2013-05-24T00:00:00Z") == kExample);
  CHECK(parse_iso8601("2013-05-24") == kExample);
  CHECK(parse_iso8601("2013-05-24T00:00:00.5Z") == kExample + 500);
  CHECK(parse_iso8601("2013-05-24T00:00:00.123456789Z") == kExample + 123);
  CHECK(parse_iso8601("2013-05-24T02:00:00+02:00") == kExample);
  CHECK(parse_iso8601("2013-05-23T23:30:00-00:30") == kExample);
  for (const std::string_view bad : {"2013-05-24T00:00:00", "2013-05-24T00:00:00.Z", "2013-5-24", "2013-05-24T", "x",
                                     "2013-05-24T00:00:00+25:00", "2013-02-29", "2013-05-24T00:00:00Zx"})
    CHECK_FALSE(parse_iso8601(bad));
}

TEST_CASE("HTTP's three forms are read") {
  CHECK(parse_http_date("Fri, 24 May 2013 00:00:00 GMT", kExample) == kExample);
  CHECK(parse_http_date("Friday, 24-May-13 00:00:00 GMT", kExample) == kExample);
  CHECK(parse_http_date("Fri, 24 May 2013 00:00:00 -0000", kExample) == kExample);
  CHECK(parse_http_date("Fri, 24 May 2013 00:00:00 +0000", kExample) == kExample);
  CHECK_FALSE(parse_http_date("Fri, 24 May 2013 00:00:00 +0100", kExample));
  CHECK(parse_http_date("Fri May 24 00:00:00 2013", kExample) == kExample);
  CHECK(parse_http_date("Sun Nov  6 08:49:37 1994", kExample) == 784111777000);
  CHECK(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT", kExample) == 784111777000);
  for (const std::string_view bad :
       {"", "24 May 2013", "Fri, 24 May 2013 00:00:00", "Fri, 24 May 2013 00:00:00 UTC",
        "Fri, 24 Mai 2013 00:00:00 GMT", "Fri, 31 Feb 2013 00:00:00 GMT", "Fri, 24 May 2013 25:00:00 GMT"})
    CHECK_FALSE(parse_http_date(bad, kExample));
}

TEST_CASE("what is written reads back") {
  for (UnixMillis time = 0; time < 253'402'300'799'000; time += 86'400'000LL * 977 + 12'345'000) {
    CHECK(parse_amz_date(format_amz_date(time)) == time);
    CHECK(parse_iso8601(format_iso8601(time)) == time);
    CHECK(parse_http_date(format_http_date(time), time) == time);
  }
}
