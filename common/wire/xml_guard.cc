#include "common/wire/xml_guard.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "common/base/bytes.h"
#include "common/base/utf8.h"

namespace objstore::wire {
namespace {

constexpr std::array<std::string_view, 5> kPredefinedEntities = {"amp", "lt", "gt", "quot", "apos"};
constexpr std::size_t kReferenceBytesMax = 10;  // between '&' and ';'

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// XML 1.0, production 2 (Char).
bool is_xml_char(std::uint32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  const bool surrogate = c >= 0xD800 && c <= 0xDFFF;
  return !surrogate && c != 0xFFFE && c != 0xFFFF && c <= 0x10FFFF;
}

bool is_clean_text(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    if (step.length == 0 || !is_xml_char(step.code_point)) return false;
    text.remove_prefix(step.length);
  }
  return true;
}

// name: between '&' and ';'.
bool is_allowed_reference(std::string_view name) {
  if (!name.starts_with('#')) return std::ranges::find(kPredefinedEntities, name) != kPredefinedEntities.end();
  name.remove_prefix(1);
  const bool hex = name.starts_with('x');
  if (hex) name.remove_prefix(1);
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), value, hex ? 16 : 10);
  return error == std::errc() && end == name.data() + name.size() && is_xml_char(value);
}

bool has_only_allowed_references(std::string_view text) {
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
    const std::size_t semicolon = text.substr(at + 1, kReferenceBytesMax + 1).find(';');
    if (semicolon == std::string_view::npos || !is_allowed_reference(text.substr(at + 1, semicolon))) return false;
  }
  return true;
}

class Guard {
 public:
  Guard(std::string_view document, const XmlLimits& limits) : rest_(document), limits_(limits) {}

  Status run() {
    OBJSTORE_TRY(declaration());
    while (!rest_.empty()) {
      OBJSTORE_TRY(text());
      if (!rest_.empty()) OBJSTORE_TRY(markup());
    }
    if (!root_seen_ || depth_ > 0) return malformed("the document does not end where it should");
    return {};
  }

 private:
  static Status malformed(std::string_view why) { return fail(Errc::kMalformed, std::string(why)); }

  // What stands before `end`; takes both. Nothing when there is no `end`.
  std::optional<std::string_view> take_until(std::string_view end) {
    const std::size_t at = rest_.find(end);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view taken = rest_.substr(0, at);
    rest_.remove_prefix(at + end.size());
    return taken;
  }

  Status declaration() {
    if (!rest_.starts_with("<?xml") || rest_.size() < 6 || !is_space(rest_[5])) return {};
    const auto text = take_until("?>");
    if (!text) return malformed("the XML declaration does not end");
    const std::size_t encoding = text->find("encoding");
    if (encoding == std::string_view::npos) return {};
    const std::size_t open = text->find_first_of("\"'", encoding);
    if (open == std::string_view::npos) return malformed("the XML declaration is malformed");
    const std::size_t close = text->find((*text)[open], open + 1);
    if (close == std::string_view::npos || !equals_ignore_case(text->substr(open + 1, close - open - 1), "utf-8"))
      return malformed("only UTF-8 is read");
    return {};
  }

  Status text() {
    const std::size_t end = std::min(rest_.find('<'), rest_.size());
    const std::string_view piece = rest_.substr(0, end);
    rest_.remove_prefix(end);
    if (depth_ == 0 && !std::ranges::all_of(piece, is_space)) return malformed("there is text outside the root");
    if (!has_only_allowed_references(piece)) return malformed("an entity is unknown or malformed");
    return {};
  }

  Status markup() {
    if (rest_.starts_with("<!--")) {
      rest_.remove_prefix(4);
      return take_until("-->") ? Status() : malformed("a comment does not end");
    }
    if (rest_.starts_with("<![CDATA[") && depth_ > 0)
      return take_until("]]>") ? Status() : malformed("a CDATA section does not end");
    if (rest_.starts_with("<!")) return malformed("a document type or declaration is not allowed");
    if (rest_.starts_with("<?")) return malformed("a processing instruction is not allowed");
    if (rest_.starts_with("</")) return end_tag();
    return start_tag();
  }

  Status end_tag() {
    if (depth_ == 0) return malformed("an element ends that has not begun");
    --depth_;
    return take_until(">") ? Status() : malformed("a tag does not end");
  }

  Status start_tag() {
    if (depth_ == 0 && root_seen_) return malformed("there is more than one root");
    root_seen_ = true;
    char quote = 0;
    std::size_t end = 1;
    for (; end < rest_.size(); ++end) {
      const char c = rest_[end];
      if (c == '<') return malformed("a tag holds '<'");
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '"' || c == '\'') {
        quote = c;
        ++nodes_;  // an attribute
      } else if (c == '>') {
        break;
      }
    }
    if (end == rest_.size()) return malformed("a tag does not end");
    const std::string_view tag = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++nodes_;
    if (!has_only_allowed_references(tag)) return malformed("an entity is unknown or malformed");
    if (depth_ + 1 > limits_.depth_max) return malformed("elements are nested too deeply");
    if (nodes_ > limits_.nodes_max) return malformed("there are too many elements");
    if (!tag.ends_with('/')) ++depth_;
    return {};
  }

  std::string_view rest_;
  const XmlLimits& limits_;
  std::size_t depth_ = 0;
  std::size_t nodes_ = 0;
  bool root_seen_ = false;
};

}  // namespace

Status guard_xml(std::string_view document, const XmlLimits& limits) {
  if (document.size() > limits.bytes_max) return fail(Errc::kTooLarge, "the document is too large");
  if (document.starts_with("\xEF\xBB\xBF")) return fail(Errc::kMalformed, "a byte order mark is not allowed");
  if (!is_clean_text(document)) return fail(Errc::kMalformed, "the document is not UTF-8, or has control characters");
  return Guard(document, limits).run();
}

}  // namespace objstore::wire
