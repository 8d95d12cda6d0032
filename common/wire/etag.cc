#include "common/wire/etag.h"

#include <algorithm>

#include "common/base/bytes.h"

namespace objstore::wire {
namespace {

constexpr std::string_view kWeakPrefix = "W/";

enum class Comparison { kStrong, kWeak };

// Takes the first tag off a list: up to the next comma that is not inside quotes.
std::string_view take_tag(std::string_view& list) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < list.size() && (quoted || list[end] != ','); ++end)
    if (list[end] == '"') quoted = !quoted;
  const std::string_view tag = trim(list.substr(0, end));
  list.remove_prefix(std::min(end + 1, list.size()));
  return tag;
}

bool tag_matches(std::string_view tag, std::string_view etag, Comparison comparison) {
  if (tag.starts_with(kWeakPrefix)) {
    if (comparison == Comparison::kStrong) return false;
    tag.remove_prefix(kWeakPrefix.size());
  }
  return unquote_etag(tag) == etag;
}

bool list_matches(std::string_view list, std::string_view etag, Comparison comparison) {
  if (trim(list) == "*") return true;
  while (!list.empty())
    if (const std::string_view tag = take_tag(list); !tag.empty() && tag_matches(tag, etag, comparison)) return true;
  return false;
}

}  // namespace

std::string quote_etag(std::string_view etag) {
  std::string out = "\"";
  out.append(etag).push_back('"');
  return out;
}

std::string_view unquote_etag(std::string_view etag) noexcept {
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return quoted ? etag.substr(1, etag.size() - 2) : etag;
}

bool if_match_holds(std::string_view header, std::string_view etag) noexcept {
  return list_matches(header, etag, Comparison::kStrong);
}

bool if_none_match_hits(std::string_view header, std::string_view etag) noexcept {
  return list_matches(header, etag, Comparison::kWeak);
}

}  // namespace objstore::wire
