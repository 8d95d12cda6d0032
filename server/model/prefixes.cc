#include "server/model/prefixes.h"

namespace objstore::model {

namespace {

// U+10FFFE U+10FFFD: no text has a reason to end so, and unlike a NUL or a control character it survives XML and URLs.
constexpr std::string_view kWithin = "\xF4\x8F\xBF\xBE\xF4\x8F\xBF\xBD";

}  // namespace

std::string within_prefix(std::string_view key) {
  return std::string(key).append(kWithin);
}

std::optional<std::string_view> common_prefix(std::string_view key, std::string_view prefix,
                                              std::string_view delimiter) {
  if (delimiter.empty() || !key.starts_with(prefix)) return std::nullopt;
  const std::size_t at = key.find(delimiter, prefix.size());
  if (at == std::string_view::npos) return std::nullopt;
  return key.substr(0, at + delimiter.size());
}

std::optional<std::string> successor(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty()) {
    const auto last = static_cast<unsigned char>(next.back());
    if (last != 0xff) {
      next.back() = static_cast<char>(last + 1);
      return next;
    }
    next.pop_back();
  }
  return std::nullopt;
}

std::string first_behind(std::string_view after, std::string_view prefix, std::string_view delimiter) {
  if (after.ends_with(kWithin)) return std::string(after.substr(0, after.size() - kWithin.size())) + '\0';
  if (const auto common = common_prefix(after, prefix, delimiter)) {
    if (auto behind = successor(*common)) return std::move(*behind);
  }
  std::string next(after);
  next.push_back('\0');
  return next;
}

}  // namespace objstore::model
