#include "client/cli/units.h"

#include <array>
#include <cstdio>
#include <limits>

#include "common/base/bytes.h"
#include "common/wire/time.h"

namespace objstore::cli {
namespace {

struct Number {
  std::uint64_t value;
  std::string unit;  // lower case
};

std::optional<Number> split(std::string_view text) {
  text = trim(text);
  const auto end = text.find_first_not_of("0123456789");
  const auto value = parse_u64(text.substr(0, end));
  if (!value) return std::nullopt;
  if (end == std::string_view::npos) return Number{*value, {}};
  return Number{*value, to_lower(trim(text.substr(end)))};
}

}  // namespace

std::string human_size(std::uint64_t bytes) {
  static constexpr std::array kUnits = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  // 1023.95 would be written as "1024.0".
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1024;
    ++unit;
  }
  std::array<char, 32> text{};
  const bool fraction = unit > 0 && value < 9.95;
  std::snprintf(text.data(), text.size(), fraction ? "%.1f %s" : "%.0f %s", value, kUnits[unit]);
  return text.data();
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  const auto number = split(text);
  if (!number) return std::nullopt;
  std::string unit = number->unit;
  if (unit.ends_with('b')) unit.pop_back();
  if (unit.ends_with('i')) unit.pop_back();
  static constexpr std::string_view kPrefixes = "kmgt";
  unsigned shift = 0;
  if (!unit.empty()) {
    const auto place = kPrefixes.find(unit);
    if (unit.size() != 1 || place == std::string_view::npos) return std::nullopt;
    shift = 10 * static_cast<unsigned>(place + 1);
  }
  if (number->value > (std::numeric_limits<std::uint64_t>::max() >> shift)) return std::nullopt;
  return number->value << shift;
}

std::optional<std::uint32_t> parse_seconds(std::string_view text) {
  const auto number = split(text);
  if (!number) return std::nullopt;
  std::uint64_t factor = 0;
  if (number->unit.empty() || number->unit == "s") factor = 1;
  if (number->unit == "m") factor = 60;
  if (number->unit == "h") factor = 3600;
  if (number->unit == "d") factor = 86'400;
  if (factor == 0 || number->value > std::numeric_limits<std::uint32_t>::max() / factor) return std::nullopt;
  return static_cast<std::uint32_t>(number->value * factor);
}

std::string format_time(std::int64_t unix_ms) {
  std::string iso = wire::format_iso8601(unix_ms);  // 2013-05-24T00:00:00.000Z
  constexpr std::size_t kDate = 10;
  constexpr std::size_t kTime = 8;
  return iso.substr(0, kDate) + " " + iso.substr(kDate + 1, kTime);
}

}  // namespace objstore::cli
