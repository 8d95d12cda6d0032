#include "common/wire/ranges.h"

#include <algorithm>
#include <limits>

#include "common/base/bytes.h"

namespace objstore::wire {
namespace {

constexpr std::string_view kUnit = "bytes=";

// Digits only; more than 64 bits count as the largest number: it is beyond any object.
std::optional<std::uint64_t> parse_position(std::string_view text) {
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  return parse_u64(text).value_or(std::numeric_limits<std::uint64_t>::max());
}

std::unexpected<Error> unsatisfiable() {
  return fail(Errc::kInvalidRange, "The requested range is not satisfiable");
}

Result<std::optional<ByteRange>> suffix_range(std::uint64_t length, std::uint64_t size) {
  if (length == 0 || size == 0) return unsatisfiable();
  const std::uint64_t taken = std::min(length, size);
  return ByteRange{size - taken, taken};
}

}  // namespace

Result<std::optional<ByteRange>> parse_range(std::string_view value, std::uint64_t size) {
  value = trim(value);
  if (value.size() < kUnit.size() || !equals_ignore_case(value.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  value = trim(value.substr(kUnit.size()));
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view first_text = value.substr(0, dash);
  const std::string_view last_text = value.substr(dash + 1);
  const auto last = parse_position(last_text);
  if (!last && !last_text.empty()) return std::nullopt;  // also "0-1,5-6"
  if (first_text.empty()) return last ? suffix_range(*last, size) : Result<std::optional<ByteRange>>(std::nullopt);
  const auto first = parse_position(first_text);
  if (!first || (last && *last < *first)) return std::nullopt;
  if (*first >= size) return unsatisfiable();
  const std::uint64_t end = last && *last < size - 1 ? *last + 1 : size;
  return ByteRange{*first, end - *first};
}

Result<ByteRange> parse_copy_source_range(std::string_view value, std::uint64_t size) {
  const auto malformed = [] {
    return fail(Errc::kInvalidArgument,
                "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
                "zero-based offsets of the first and last bytes to copy");
  };
  if (!value.starts_with(kUnit)) return malformed();
  value.remove_prefix(kUnit.size());
  const std::size_t dash = value.find('-');
  if (dash == std::string_view::npos) return malformed();
  const auto first = parse_position(value.substr(0, dash));
  const auto last = parse_position(value.substr(dash + 1));
  if (!first || !last || *last < *first) return malformed();
  if (*last >= size)
    return fail(Errc::kInvalidRange, "Range specified is not valid for source object of size: " + std::to_string(size));
  return ByteRange{*first, *last - *first + 1};
}

std::string content_range(const ByteRange& range, std::uint64_t size) {
  return "bytes " + std::to_string(range.first) + "-" + std::to_string(range.last()) + "/" + std::to_string(size);
}

std::string content_range_unsatisfied(std::uint64_t size) {
  return "bytes */" + std::to_string(size);
}

}  // namespace objstore::wire
