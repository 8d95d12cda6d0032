// What an operation costs as the store grows: by keys in a bucket, by unique data. docs/performance.md, "Growth".
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "bench/growth/growth.h"

namespace objstore::bench {
namespace {

constexpr const char* kUsage =
    "usage: growth keys DIRECTORY [KEYS..] [--rounds N] [--cache MIB]\n"
    "       growth data DIRECTORY [GB..] [--rounds N] [--cache MIB]\n"
    "\n"
    "  keys       CPU and wall time of put, get, head, delete and list in a bucket of so many keys\n"
    "             (10000 100000 1000000; at least 10000)\n"
    "  data       of storing new and known content, and of deleting, in a store of so much unique content (1 10)\n"
    "  DIRECTORY  is made, and removed at the end; must not exist\n"
    "  --rounds   the median of so many counts (5)\n"
    "  --cache    MiB of the metadata's cache (64, as objd's metadata-cache comes)\n"
    "\n"
    "Sizes ascend. A ratio in bold is above what ten times the size may cost: 1.3.\n";

constexpr std::uint64_t kSizeMax = 1'000'000'000;
constexpr unsigned kRoundsMax = 1'000;
constexpr std::uint64_t kCacheMibMax = std::uint64_t{1} << 20;

struct Command {
  bool by_keys = false;
  GrowthOptions options;
};

std::optional<std::uint64_t> number(std::string_view text, std::uint64_t max) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0 || value > max) return std::nullopt;
  return value;
}

bool fits(const Command& command) {
  const auto& sizes = command.options.sizes;
  return std::ranges::adjacent_find(sizes, std::greater_equal()) == sizes.end() &&
         (!command.by_keys || sizes.front() >= kKeysMin);
}

// Nothing when it is not one that the usage allows.
std::optional<Command> parse(std::span<char*> arguments) {
  if (arguments.size() < 2) return std::nullopt;
  const std::string_view what = arguments[0];
  if (what != "keys" && what != "data") return std::nullopt;
  Command command{.by_keys = what == "keys", .options = {}};
  GrowthOptions& options = command.options;
  options.directory = arguments[1];
  if (options.directory.empty() || options.directory.starts_with("-")) return std::nullopt;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    const bool rounds = argument == "--rounds";
    const bool cache = argument == "--cache";
    if ((rounds || cache) && ++i == arguments.size()) return std::nullopt;
    const auto value = number(arguments[i], rounds ? kRoundsMax : cache ? kCacheMibMax : kSizeMax);
    if (!value) return std::nullopt;
    if (rounds) {
      options.rounds = static_cast<unsigned>(*value);
    } else if (cache) {
      options.cache_bytes = *value << 20;
    } else {
      options.sizes.push_back(*value);
    }
  }
  if (options.sizes.empty()) {
    options.sizes =
        command.by_keys ? std::vector<std::uint64_t>{10'000, 100'000, 1'000'000} : std::vector<std::uint64_t>{1, 10};
  }
  return fits(command) ? std::optional(std::move(command)) : std::nullopt;
}

int run(std::span<char*> arguments) {
  const auto asks_help = [](std::string_view argument) { return argument == "--help" || argument == "-h"; };
  if (std::ranges::any_of(arguments, asks_help)) {
    std::fputs(kUsage, stdout);
    return 0;
  }
  const std::optional<Command> command = parse(arguments);
  if (!command) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto tables = command->by_keys ? measure_keys(command->options) : measure_data(command->options);
  if (!tables) {
    std::fprintf(stderr, "growth: %s\n", tables.error().message.c_str());
    return 1;
  }
  std::fputs(tables->c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace objstore::bench

int main(int argc, char** argv) {
  try {
    return objstore::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "growth: %s\n", e.what());
    return 1;
  }
}
