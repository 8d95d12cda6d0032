// Common prefixes of listings. Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace objstore::model {

// The part of `key` up to the first delimiter behind the prefix, with it; nothing when there is none.
std::optional<std::string_view> common_prefix(std::string_view key, std::string_view prefix,
                                              std::string_view delimiter);
// The smallest string that is greater than every string with this prefix; nothing when there is none.
std::optional<std::string> successor(std::string_view prefix);
// For `after` of a listing: go on right behind `key`, and do not pass over the common prefix that it lies in. Made
// where a page ends amid delete markers, before it is known whether the prefix has an object to be shown for.
std::string within_prefix(std::string_view key);
// Where a listing goes on behind `after`: behind the whole common prefix when `after` lies in one, since a common
// prefix comes only when it is greater than `after`.
std::string first_behind(std::string_view after, std::string_view prefix, std::string_view delimiter);

}  // namespace objstore::model
