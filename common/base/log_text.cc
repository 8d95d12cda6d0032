#include "common/base/log_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/base/bytes.h"
#include "common/base/utf8.h"

namespace objstore::log {
namespace {

constexpr std::size_t kUsualLineBytes = 256;

// C0, DEL and C1: the last can steer terminals just as ESC does.
bool is_control(std::uint32_t code_point) {
  return code_point < 0x20 || (code_point >= 0x7F && code_point < 0xA0);
}

void append_hex(std::string& out, std::string_view bytes) {
  for (const char c : bytes) fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
}

// Nearly every value: printable ASCII in which nothing has to be escaped.
bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
}

void append_escaped(std::string& out, std::string_view text) {
  if (is_plain(text)) {
    out += text;
    return;
  }
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    const std::string_view sequence = text.substr(0, step.length == 0 ? 1 : step.length);
    const bool as_it_is = step.length > 0 && !is_control(step.code_point) && text[0] != '\\' && text[0] != '"';
    if (as_it_is) {
      out += sequence;
    } else {
      append_hex(out, sequence);
    }
    text.remove_prefix(sequence.size());
  }
}

void append_json_string(std::string& out, std::string_view text) {
  out.push_back('"');
  if (is_plain(text)) {
    out += text;
    text = {};
  }
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    const std::size_t length = step.length == 0 ? 1 : step.length;
    if (step.length == 0) {
      out += "\\ufffd";
    } else if (is_control(step.code_point)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", step.code_point);
    } else {
      if (text[0] == '"' || text[0] == '\\') out.push_back('\\');
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out.push_back('"');
}

void append_text_value(std::string& out, std::string_view value) {
  const bool quoted = value.empty() || value.contains(' ') || value.contains('=');
  if (quoted) out.push_back('"');
  append_escaped(out, value);
  if (quoted) out.push_back('"');
}

struct TextValue {
  std::string& out;
  void operator()(std::string_view v) const { append_text_value(out, v); }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(double v) const { fmt::format_to(std::back_inserter(out), "{:g}", v); }
  void operator()(bool v) const { out += v ? "true" : "false"; }
};

struct JsonValue {
  std::string& out;
  void operator()(std::string_view v) const { append_json_string(out, v); }
  void operator()(std::int64_t v) const { fmt::format_to(std::back_inserter(out), "{}", v); }
  void operator()(double v) const {
    if (std::isfinite(v)) {
      fmt::format_to(std::back_inserter(out), "{:g}", v);
    } else {
      out += "null";  // JSON has no infinity
    }
  }
  void operator()(bool v) const { out += v ? "true" : "false"; }
};

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

std::string format_text(std::string_view message, std::initializer_list<Field> fields) {
  std::string out;
  out.reserve(kUsualLineBytes);
  append_escaped(out, message);
  for (const Field& field : fields) {
    out.push_back(' ');
    append_escaped(out, field.name);
    out.push_back('=');
    std::visit(TextValue{out}, field.value);
  }
  return out;
}

std::string format_json(std::string_view message, std::initializer_list<Field> fields) {
  std::string out = "\"message\":";
  append_json_string(out, message);
  for (const Field& field : fields) {
    out.push_back(',');
    append_json_string(out, field.name);
    out.push_back(':');
    std::visit(JsonValue{out}, field.value);
  }
  return out;
}

}  // namespace objstore::log
