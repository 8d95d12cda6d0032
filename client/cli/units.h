// Sizes, durations and times as people write and read them. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::cli {

// "0 B", "1.5 KiB", "12 MiB": powers of 1,024, three digits at most.
std::string human_size(std::uint64_t bytes);
// "123", "8M", "8MiB", "1g", "64 MB" (MB too means 2^20). Nothing when malformed or above 2^64 - 1.
std::optional<std::uint64_t> parse_size(std::string_view text);
// "90", "90s", "15m", "1h", "7d", in seconds.
std::optional<std::uint32_t> parse_seconds(std::string_view text);
// "2013-05-24 00:00:00" in UTC.
std::string format_time(std::int64_t unix_ms);

}  // namespace objstore::cli
