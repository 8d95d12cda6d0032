#include "common/wire/xml_writer.h"

#include <algorithm>
#include <array>

#include "common/base/check.h"
#include "common/base/utf8.h"

namespace objstore::wire {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// XML 1.0, production 2 (Char).
bool is_xml_char(std::uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  return c != 0xFFFE && c != 0xFFFF;
}

// Empty for a character that stands for itself.
std::string_view reference(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";  // always: "]]>" is not allowed in text
    case '"':
      return "&quot;";
    case '\'':
      return "&apos;";
    case '\r':
      return "&#13;";  // a parser would turn it into a line feed
    default:
      return {};
  }
}

// Characters of ASCII that stand for themselves: nearly all of what is ever written.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (unsigned c = 0x20; c < 0x80; ++c) plain[c] = true;
  for (const char c : {'&', '<', '>', '"', '\''}) plain[static_cast<unsigned char>(c)] = false;
  plain['\t'] = plain['\n'] = true;
  return plain;
}();

std::size_t plain_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && kPlain[static_cast<unsigned char>(text[length])]) ++length;
  return length;
}

void append_escaped(std::string& out, std::string_view text) {
  for (;;) {
    const std::size_t plain = plain_length(text);
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (text.empty()) return;
    if (const std::string_view escaped = reference(text[0]); !escaped.empty()) {
      out += escaped;
      text.remove_prefix(1);
      continue;
    }
    const Utf8Step step = utf8_step(text);
    const std::size_t length = step.length == 0 ? 1 : step.length;
    if (step.length == 0 || !is_xml_char(step.code_point)) {
      out += kReplacement;
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  append_escaped(out, text);
  return out;
}

XmlWriter::XmlWriter(std::string_view root, std::string_view xmlns)
    : text_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {
  if (xmlns.empty()) {
    open(root);
  } else {
    open(root, {{"xmlns", xmlns}});
  }
}

XmlWriter& XmlWriter::open(std::string_view name, Attributes attributes) {
  text_.append("<").append(name);
  for (const auto& [attribute, value] : attributes) {
    text_.append(" ").append(attribute).append("=\"");
    append_escaped(text_, value);
    text_.push_back('"');
  }
  text_.push_back('>');
  open_.emplace_back(name);
  return *this;
}

XmlWriter& XmlWriter::close() {
  CHECK(open_.size() > 1);
  text_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view text) {
  return put(name, "", text);
}

XmlWriter& XmlWriter::quoted(std::string_view name, std::string_view text) {
  return put(name, reference('"'), text);
}

// Nearly all texts need no escapes, and listings are made of elements: they are copied in one go.
XmlWriter& XmlWriter::put(std::string_view name, std::string_view quote, std::string_view text) {
  if (plain_length(text) < text.size()) {
    text_.append("<").append(name).append(">").append(quote);
    append_escaped(text_, text);
    text_.append(quote).append("</").append(name).append(">");
    return *this;
  }
  const std::size_t start = text_.size();
  const std::size_t length = start + 2 * (name.size() + quote.size()) + text.size() + std::string_view("<></>").size();
  if (length > text_.capacity()) text_.reserve(2 * length);
  text_.resize_and_overwrite(length, [&](char* out, std::size_t size) {
    out += start;
    *out++ = '<';
    out = std::ranges::copy(name, out).out;
    *out++ = '>';
    out = std::ranges::copy(quote, out).out;
    out = std::ranges::copy(text, out).out;
    out = std::ranges::copy(quote, out).out;
    *out++ = '<';
    *out++ = '/';
    out = std::ranges::copy(name, out).out;
    *out = '>';
    return size;
  });
  return *this;
}

std::string XmlWriter::finish() && {
  while (open_.size() > 1) close();
  text_.append("</").append(open_.back()).append(">");
  return std::move(text_);
}

}  // namespace objstore::wire
