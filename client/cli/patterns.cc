#include "client/cli/patterns.h"

#include <utility>

namespace objstore::cli {

Result<std::optional<Pattern>> pattern_of(Session& session, const RemotePath& path, const FilterArguments& filter) {
  if (!client::has_glob(path.key)) return std::nullopt;
  if (const auto object = path.object()) {
    const auto there = session.client().head(*object, {.control = {.progress = {}, .stop = session.stop()}});
    if (there) return std::nullopt;
    if (there.error().code != Errc::kNoSuchKey) return std::unexpected(there.error());
  }
  if (!filter.include.empty()) {
    return fail(Errc::kInvalidArgument, "a pattern in the name and --include say the same twice: use one of them");
  }
  OBJSTORE_ASSIGN(KeyPattern pattern, parse_key_pattern(path));
  OBJSTORE_ASSIGN(auto both, client::PathFilter::create({std::move(pattern.pattern)}, filter.exclude));
  return Pattern{.base = std::move(pattern.base), .filter = std::move(both)};
}

}  // namespace objstore::cli
