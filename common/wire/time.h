// Times as HTTP, S3 and Signature Version 4 write them, all in UTC. Pure functions, any thread; the locale plays no
// part.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.h"

namespace objstore::wire {

// Years 1970 to 9999 are written and read; earlier and later times are written as the nearest one.

// "20130524T000000Z"; strict.
std::string format_amz_date(UnixMillis time);
std::optional<UnixMillis> parse_amz_date(std::string_view text) noexcept;
// "2013-05-24T00:00:00.000Z": in XML.
std::string format_iso8601(UnixMillis time);
std::array<char, 24> iso8601_text(UnixMillis time) noexcept;  // the same, where there are very many
// With or without a fraction (1-9 digits, cut to milliseconds), 'Z' or a numeric offset; also a date alone.
std::optional<UnixMillis> parse_iso8601(std::string_view text) noexcept;
// "Fri, 24 May 2013 00:00:00 GMT" (RFC 9110's IMF-fixdate).
std::string format_http_date(UnixMillis time);
// The three forms of RFC 9110, section 5.6.7: IMF-fixdate, RFC 850 and asctime. A day of the week that is wrong is
// passed over. now_ms: which century the two digits of RFC 850 mean (at most 50 years ahead).
std::optional<UnixMillis> parse_http_date(std::string_view text, UnixMillis now_ms) noexcept;

}  // namespace objstore::wire
