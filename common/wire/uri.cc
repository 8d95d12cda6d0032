#include "common/wire/uri.h"

#include <algorithm>
#include <utility>

namespace objstore::wire {
namespace {

constexpr std::string_view kUpperHex = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Result<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return fail(Errc::kInvalidArgument, "a '%' is not followed by two hexadecimal digits");
    out.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return out;
}

Result<QueryParam> parse_param(std::string_view piece) {
  const std::size_t equals = piece.find('=');
  QueryParam param;
  OBJSTORE_ASSIGN(param.name, decode(piece.substr(0, equals), true));
  if (equals != std::string_view::npos) {
    OBJSTORE_ASSIGN(param.value, decode(piece.substr(equals + 1), true));
  }
  param.raw = piece;
  return param;
}

}  // namespace

Result<std::string> percent_decode(std::string_view text) {
  return decode(text, false);
}

std::string percent_encode(std::string_view text, Slash slash) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  for (const char c : text) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      out.push_back(c);
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.push_back('%');
      out.push_back(kUpperHex[byte >> 4]);
      out.push_back(kUpperHex[byte & 15u]);
    }
  }
  return out;
}

Result<QueryParams> QueryParams::parse(std::string_view query) {
  QueryParams params;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view piece = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (piece.empty()) continue;
    if (params.list_.size() == kCountMax) return fail(Errc::kTooLarge, "the query has too many parameters");
    OBJSTORE_ASSIGN(QueryParam param, parse_param(piece));
    params.list_.push_back(std::move(param));
  }
  return params;
}

std::optional<std::string_view> QueryParams::find(std::string_view name) const noexcept {
  for (const QueryParam& param : list_)
    if (param.name == name) return param.value;
  return std::nullopt;
}

std::size_t QueryParams::count(std::string_view name) const noexcept {
  return static_cast<std::size_t>(std::ranges::count(list_, name, &QueryParam::name));
}

QueryBuilder& QueryBuilder::add(std::string_view name, std::string_view value) {
  add_flag(name);
  text_.push_back('=');
  text_ += percent_encode(value);
  return *this;
}

QueryBuilder& QueryBuilder::add_flag(std::string_view name) {
  if (!text_.empty()) text_.push_back('&');
  text_ += percent_encode(name);
  return *this;
}

}  // namespace objstore::wire
