#include "common/wire/time.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace objstore::wire {
namespace {

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};
constexpr UnixMillis kDayMs = 86'400'000;
constexpr UnixMillis kLatest = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z

struct Civil {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int milli = 0;
  int weekday = 4;  // 0 is Sunday
};

Civil to_civil(UnixMillis time) {
  const UnixMillis clamped = std::clamp<UnixMillis>(time, 0, kLatest);
  const std::chrono::sys_days days{std::chrono::days{clamped / kDayMs}};
  const std::chrono::year_month_day date{days};
  const auto rest = static_cast<int>(clamped % kDayMs);
  Civil c;
  c.year = static_cast<int>(date.year());
  c.month = static_cast<int>(static_cast<unsigned>(date.month()));
  c.day = static_cast<int>(static_cast<unsigned>(date.day()));
  c.hour = rest / 3'600'000;
  c.minute = rest / 60'000 % 60;
  c.second = rest / 1000 % 60;
  c.milli = rest % 1000;
  c.weekday = static_cast<int>(std::chrono::weekday{days}.c_encoding());
  return c;
}

std::optional<UnixMillis> from_civil(const Civil& c) {
  const std::chrono::year_month_day date{std::chrono::year{c.year}, std::chrono::month{static_cast<unsigned>(c.month)},
                                         std::chrono::day{static_cast<unsigned>(c.day)}};
  if (c.year < 1970 || c.year > 9999 || !date.ok()) return std::nullopt;
  if (c.hour > 23 || c.minute > 59 || c.second > 60) return std::nullopt;  // 60: a leap second
  const UnixMillis days = std::chrono::sys_days{date}.time_since_epoch().count();
  return days * kDayMs + ((c.hour * 60 + c.minute) * 60 + c.second) * UnixMillis{1000} + c.milli;
}

// Writes `value` in `width` digits over what `out` has at `at`. value: not negative, and no more digits than that
// (years end at 9999).
void put_number(std::span<char> out, std::size_t at, int value, std::size_t width) {
  for (std::size_t i = at + width; i-- > at; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

// Takes pieces off the front of a text; remembers whether all of them were there.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}
  void literal(std::string_view text) {
    if (rest_.starts_with(text)) {
      rest_.remove_prefix(text.size());
    } else {
      ok_ = false;
    }
  }
  bool skip(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (i >= rest_.size() || rest_[i] < '0' || rest_[i] > '9') {
        ok_ = false;
        return 0;
      }
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return value;
  }
  // Its place in the list, from 0.
  template <std::size_t N>
  int one_of(const std::array<std::string_view, N>& names) {
    for (std::size_t i = 0; i < N; ++i)
      if (skip(names[i])) return static_cast<int>(i);
    ok_ = false;
    return 0;
  }
  void clock(Civil& c) {
    c.hour = number(2);
    literal(":");
    c.minute = number(2);
    literal(":");
    c.second = number(2);
  }
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

// "Fri, 24 May 2013 00:00:00 GMT"
std::optional<UnixMillis> parse_imf(std::string_view text) {
  Reader in(text);
  Civil c;
  in.one_of(kDays);
  in.literal(", ");
  c.day = in.number(2);
  in.literal(" ");
  c.month = in.one_of(kMonths) + 1;
  in.literal(" ");
  c.year = in.number(4);
  in.literal(" ");
  in.clock(c);
  in.literal(" ");
  // As mail writes it, and botocore too when a caller sets a Date.
  if (!in.skip("-0000") && !in.skip("+0000")) in.literal("GMT");
  return in.done() ? from_civil(c) : std::nullopt;
}

// "Friday, 24-May-13 00:00:00 GMT"
std::optional<UnixMillis> parse_rfc850(std::string_view text, UnixMillis now_ms) {
  Reader in(text);
  Civil c;
  in.one_of(kLongDays);
  in.literal(", ");
  c.day = in.number(2);
  in.literal("-");
  c.month = in.one_of(kMonths) + 1;
  in.literal("-");
  const int this_year = to_civil(now_ms).year;
  c.year = this_year / 100 * 100 + in.number(2);
  if (c.year > this_year + 50) c.year -= 100;
  in.literal(" ");
  in.clock(c);
  in.literal(" GMT");
  return in.done() ? from_civil(c) : std::nullopt;
}

// "Fri May 24 00:00:00 2013", the day padded with a space
std::optional<UnixMillis> parse_asctime(std::string_view text) {
  Reader in(text);
  Civil c;
  in.one_of(kDays);
  in.literal(" ");
  c.month = in.one_of(kMonths) + 1;
  in.literal(" ");
  c.day = in.skip(" ") ? in.number(1) : in.number(2);
  in.literal(" ");
  in.clock(c);
  in.literal(" ");
  c.year = in.number(4);
  return in.done() ? from_civil(c) : std::nullopt;
}

// ".123456": milliseconds of it.
int read_fraction(Reader& in) {
  if (!in.skip(".")) return 0;
  int milli = 0;
  int digits = 0;
  while (!in.rest().empty() && in.rest()[0] >= '0' && in.rest()[0] <= '9' && digits < 9) {
    const int digit = in.number(1);
    if (digits < 3) milli = milli * 10 + digit;
    ++digits;
  }
  if (digits == 0) in.literal("0");  // a dot with nothing behind it
  for (; digits < 3; ++digits) milli *= 10;
  return milli;
}

// Minutes east of UTC.
int read_offset(Reader& in) {
  if (in.skip("Z")) return 0;
  const int sign = in.skip("-") ? -1 : 1;
  if (sign > 0) in.literal("+");
  const int hours = in.number(2);
  in.literal(":");
  const int minutes = in.number(2);
  if (hours > 23 || minutes > 59) in.literal("a zone that exists");
  return sign * (hours * 60 + minutes);
}

}  // namespace

std::string format_amz_date(UnixMillis time) {
  const Civil c = to_civil(time);
  std::string out("YYYYMMDDThhmmssZ");
  put_number(out, 0, c.year, 4);
  put_number(out, 4, c.month, 2);
  put_number(out, 6, c.day, 2);
  put_number(out, 9, c.hour, 2);
  put_number(out, 11, c.minute, 2);
  put_number(out, 13, c.second, 2);
  return out;
}

std::optional<UnixMillis> parse_amz_date(std::string_view text) noexcept {
  Reader in(text);
  Civil c;
  c.year = in.number(4);
  c.month = in.number(2);
  c.day = in.number(2);
  in.literal("T");
  c.hour = in.number(2);
  c.minute = in.number(2);
  c.second = in.number(2);
  in.literal("Z");
  return in.done() ? from_civil(c) : std::nullopt;
}

std::array<char, 24> iso8601_text(UnixMillis time) noexcept {
  const Civil c = to_civil(time);
  std::array<char, 24> out;
  std::ranges::copy(std::string_view("YYYY-MM-DDThh:mm:ss.mmmZ"), out.begin());
  put_number(out, 0, c.year, 4);
  put_number(out, 5, c.month, 2);
  put_number(out, 8, c.day, 2);
  put_number(out, 11, c.hour, 2);
  put_number(out, 14, c.minute, 2);
  put_number(out, 17, c.second, 2);
  put_number(out, 20, c.milli, 3);
  return out;
}

std::string format_iso8601(UnixMillis time) {
  const auto text = iso8601_text(time);
  return {text.data(), text.size()};
}

std::optional<UnixMillis> parse_iso8601(std::string_view text) noexcept {
  Reader in(text);
  Civil c;
  c.year = in.number(4);
  in.literal("-");
  c.month = in.number(2);
  in.literal("-");
  c.day = in.number(2);
  int offset = 0;
  if (in.ok() && !in.rest().empty()) {
    in.literal("T");
    in.clock(c);
    c.milli = read_fraction(in);
    offset = read_offset(in);
  }
  const auto local = in.done() ? from_civil(c) : std::nullopt;
  if (!local) return std::nullopt;
  return *local - offset * UnixMillis{60'000};
}

std::string format_http_date(UnixMillis time) {
  const Civil c = to_civil(time);
  std::string out("Www, DD Mon YYYY hh:mm:ss GMT");
  kDays[static_cast<std::size_t>(c.weekday)].copy(out.data(), 3);
  put_number(out, 5, c.day, 2);
  kMonths[static_cast<std::size_t>(c.month - 1)].copy(out.data() + 8, 3);
  put_number(out, 12, c.year, 4);
  put_number(out, 17, c.hour, 2);
  put_number(out, 20, c.minute, 2);
  put_number(out, 23, c.second, 2);
  return out;
}

std::optional<UnixMillis> parse_http_date(std::string_view text, UnixMillis now_ms) noexcept {
  if (const auto time = parse_imf(text)) return time;
  if (const auto time = parse_rfc850(text, now_ms)) return time;
  return parse_asctime(text);
}

}  // namespace objstore::wire
