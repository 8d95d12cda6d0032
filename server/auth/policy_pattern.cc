#include "server/auth/policy_pattern.h"

#include "common/base/bytes.h"

namespace objstore::auth {
namespace {

// "key" or "key, 'default'".
struct Variable {
  std::string key;
  std::optional<std::string> fallback;
};

std::optional<Variable> parse_variable(std::string_view body) {
  const std::size_t comma = body.find(',');
  Variable out{.key = to_lower(trim(body.substr(0, comma))), .fallback = std::nullopt};
  if (comma == std::string_view::npos) return out;
  const std::string_view quoted = trim(body.substr(comma + 1));
  if (quoted.size() < 2 || quoted.front() != '\'' || quoted.back() != '\'') return std::nullopt;
  out.fallback = quoted.substr(1, quoted.size() - 2);
  return out;
}

std::optional<std::string> value_of(std::string_view body, const PolicyContext& context) {
  if (body == "*" || body == "?" || body == "$") return std::string(body);
  const auto variable = parse_variable(body);
  if (!variable) return std::nullopt;
  auto values = context.values(variable->key);
  if (!values || values->empty()) return variable->fallback;
  // Which of several would be meant? And what is no UTF-8 could pass for a wildcard.
  if (values->size() != 1 || !is_valid_utf8(values->front())) return std::nullopt;
  return std::move(values->front());
}

void append_literal(std::string& out, char c, Wildcards wildcards) {
  if (wildcards == Wildcards::kSpecial && c == '*') c = kAnyCharacters;
  if (wildcards == Wildcards::kSpecial && c == '?') c = kOneCharacter;
  out.push_back(c);
}

// Behind one character of UTF-8.
std::size_t behind(std::string_view text, std::size_t at) noexcept {
  ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0U) == 0x80U) ++at;
  return at;
}

}  // namespace

std::optional<std::string> expand(std::string_view text, Wildcards wildcards, const PolicyContext* variables) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const bool opens = variables != nullptr && text.substr(at).starts_with("${");
    const std::size_t end = opens ? text.find('}', at) : std::string_view::npos;
    if (end == std::string_view::npos) {
      append_literal(out, text[at++], wildcards);
      continue;
    }
    const auto value = value_of(text.substr(at + 2, end - at - 2), *variables);
    if (!value) return std::nullopt;
    out += *value;
    at = end + 1;
  }
  return out;
}

// Greedy with one place to come back to: the last star. Never more steps than pattern times text.
bool matches_expanded(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == kAnyCharacters) {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && pattern[p] == kOneCharacter) {
      ++p;
      t = behind(text, t);
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = star_text = behind(text, star_text);
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == kAnyCharacters) ++p;
  return p == pattern.size();
}

bool matches_wildcards(std::string_view pattern, std::string_view text) {
  return matches_expanded(*expand(pattern, Wildcards::kSpecial, nullptr), text);
}

bool is_fixed(std::string_view text) noexcept {
  return text.find_first_of("*?") == std::string_view::npos && text.find("${") == std::string_view::npos;
}

}  // namespace objstore::auth
