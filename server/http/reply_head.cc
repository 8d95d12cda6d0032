#include "server/http/reply_head.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "common/base/bytes.h"
#include "server/http/head_check.h"

namespace objstore::http {
namespace {

constexpr int kStatusMin = 200;
constexpr int kStatusMax = 599;
constexpr int kNoContent = 204;
constexpr int kNotModified = 304;

bool is_safe_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

bool is_safe_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, is_token_char);
}

// Framing is the transport's: a front end that names it would contradict what is really sent.
bool is_framing_name(std::string_view name) {
  return equals_ignore_case(name, "content-length") || equals_ignore_case(name, "transfer-encoding") ||
         equals_ignore_case(name, "connection") || equals_ignore_case(name, "date") ||
         equals_ignore_case(name, "server");
}

void append_number(std::string& out, std::uint64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

}  // namespace

bool carries_body(int status, bool to_head) noexcept {
  return !to_head && status != kNoContent && status != kNotModified;
}

bool is_sendable(const api::Reply& reply) noexcept {
  if (reply.status < kStatusMin || reply.status > kStatusMax) return false;
  return std::ranges::all_of(reply.headers, [](const wire::Header& header) {
    return is_safe_name(header.name) && is_safe_value(header.value);
  });
}

void append_reply_head(std::string& out, const api::Reply& reply, const ReplyShape& shape) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::uint64_t>(reply.status));
  out.append(" ").append(wire::reason_phrase(reply.status));
  out.append("\r\nServer: Objstore\r\nDate: ").append(shape.date).append("\r\n");
  for (const wire::Header& header : reply.headers) {
    if (is_framing_name(header.name)) continue;
    out.append(header.name).append(": ").append(header.value).append("\r\n");
  }
  // 204 has no length by definition. A 304's would be the length that a 200 had, which is not known here.
  if (reply.status != kNoContent && reply.status != kNotModified) {
    const bool states_other = shape.streaming || (shape.to_head && reply.body.empty());
    out.append("Content-Length: ");
    append_number(out, states_other ? reply.content_length : reply.body.size());
    out.append("\r\n");
  }
  if (shape.close) out.append("Connection: close\r\n");
  out.append("\r\n");
}

std::string_view HttpDate::at(UnixMillis now) {
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr std::size_t kDateBytes = 29;
  const std::int64_t second = now / 1000;
  if (second != second_) {
    using namespace std::chrono;
    const sys_seconds time{seconds(second)};
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    fmt::format_to_n(text_.data(), text_.size(), "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
                     kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    second_ = second;
  }
  return {text_.data(), kDateBytes};
}

}  // namespace objstore::http
