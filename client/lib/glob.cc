#include <objstore/tree.h>

#include <algorithm>

namespace objstore::client {
namespace {

// The text of a set behind its '[': whether it holds the byte, and where it ends. No end: it is no set.
struct Set {
  bool holds = false;
  std::size_t end = std::string_view::npos;
};

Set read_set(std::string_view pattern, char wanted) {
  std::size_t i = 0;
  const bool negated = !pattern.empty() && (pattern[0] == '!' || pattern[0] == '^');
  if (negated) ++i;
  bool holds = false;
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  for (const std::size_t first = i; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) return {.holds = holds != negated, .end = i + 1};
    const char low = pattern[i];
    const bool range = i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']';
    const char high = range ? pattern[i + 2] : low;
    if (byte(low) <= byte(wanted) && byte(wanted) <= byte(high)) holds = true;
    if (range) i += 2;
  }
  return {};
}

// One step that is not a star: how much of the pattern it takes, 0 when the byte does not match.
std::size_t match_one(std::string_view pattern, char c) {
  if (pattern[0] == '?') return c != '/' ? 1 : 0;
  if (pattern[0] == '[') {
    const Set set = read_set(pattern.substr(1), c);
    if (set.end != std::string_view::npos) return set.holds && c != '/' ? set.end + 1 : 0;
  }
  if (pattern[0] == '\\' && pattern.size() > 1) return pattern[1] == c ? 2 : 0;
  return pattern[0] == c ? 1 : 0;
}

// A place to come back to: the last star, and what it has swallowed.
struct Retry {
  std::size_t pattern = std::string_view::npos;
  std::size_t path = 0;
};

}  // namespace

// Two places to come back to are enough: a later star of a kind makes the earlier ones of the same kind superfluous,
// and '**' may swallow what '*' may not. Many "**/" in one pattern can be slow; a pattern is its user's own.
bool glob_matches(std::string_view pattern, std::string_view path) noexcept {
  Retry star;
  Retry stars;
  std::size_t p = 0;
  std::size_t t = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '*') {
      if (pattern.substr(p).starts_with("**")) {
        p += 2;
        // "**/x" is also "x".
        if (p < pattern.size() && pattern[p] == '/' && (t == 0 || path[t - 1] == '/')) {
          if (glob_matches(pattern.substr(p + 1), path.substr(t))) return true;
        }
        stars = {p, t};
        star = {};
      } else {
        star = {++p, t};
      }
      continue;
    }
    if (t == path.size() && p == pattern.size()) return true;
    const std::size_t taken = p < pattern.size() && t < path.size() ? match_one(pattern.substr(p), path[t]) : 0;
    if (taken > 0) {
      p += taken;
      ++t;
      continue;
    }
    if (star.pattern != std::string_view::npos && star.path < path.size() && path[star.path] != '/') {
      p = star.pattern;
      t = ++star.path;
    } else if (stars.pattern != std::string_view::npos && stars.path < path.size()) {
      p = stars.pattern;
      t = ++stars.path;
      star = {};
    } else {
      return false;
    }
  }
}

bool has_glob(std::string_view text) noexcept {
  return text.find_first_of("*?[") != std::string_view::npos;
}

namespace {

// The path, and each directory above it, longest first.
template <typename Test>
bool any_start(std::string_view path, Test test) {
  for (auto end = path.size(); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
    if (test(path.substr(0, end))) return true;
  }
  return false;
}

bool pattern_matches(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('/')) pattern.remove_suffix(1);
  if (!pattern.contains('/')) {
    return any_start(path, [&](std::string_view start) {
      const auto slash = start.rfind('/');
      return glob_matches(pattern, slash == std::string_view::npos ? start : start.substr(slash + 1));
    });
  }
  if (pattern.starts_with('/')) pattern.remove_prefix(1);
  return any_start(path, [&](std::string_view start) { return glob_matches(pattern, start); });
}

}  // namespace

Result<PathFilter> PathFilter::create(std::vector<std::string> include, std::vector<std::string> exclude) {
  for (const auto* patterns : {&include, &exclude}) {
    if (std::ranges::any_of(*patterns, [](const std::string& text) { return text.empty() || text == "/"; })) {
      return fail(Errc::kInvalidArgument, "an empty pattern matches nothing");
    }
  }
  PathFilter filter;
  filter.include_ = std::move(include);
  filter.exclude_ = std::move(exclude);
  return filter;
}

bool PathFilter::excludes(std::string_view path) const noexcept {
  return std::ranges::any_of(exclude_, [&](const std::string& pattern) { return pattern_matches(pattern, path); });
}

bool PathFilter::includes(std::string_view path) const noexcept {
  if (include_.empty()) return true;
  return std::ranges::any_of(include_, [&](const std::string& pattern) { return pattern_matches(pattern, path); });
}

}  // namespace objstore::client
