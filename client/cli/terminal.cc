#include "client/cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>

#include "common/base/utf8.h"

namespace objstore::cli {
namespace {

constexpr std::size_t kUsualWidth = 80;
constexpr std::size_t kBarCells = 20;
constexpr std::size_t kBarColumns = kBarCells + 2 + 6;  // brackets, and "  100%"

bool capable_terminal(int fd) noexcept {
  const char* terminal = std::getenv("TERM");
  return isatty(fd) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

std::optional<std::size_t> width_of(int fd) noexcept {
  winsize size{};
  if (ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return std::nullopt;
  return size.ws_col;
}

// Near enough for names: East Asian and emoji blocks are wide (Unicode's EastAsianWidth.txt has the fine print).
std::size_t columns_of_code_point(char32_t c) noexcept {
  if (c >= 0x0300 && c <= 0x036F) return 0;
  const bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                    (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                    (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
  return wide ? 2 : 1;
}

struct Glyph {
  std::size_t bytes;
  std::size_t columns;
};

Glyph first_glyph(std::string_view text) noexcept {
  const Utf8Step step = utf8_step(text);
  if (step.length == 0) return {1, 1};
  return {step.length, columns_of_code_point(step.code_point)};
}

}  // namespace

bool terminal_for_progress() noexcept {
  return capable_terminal(STDERR_FILENO);
}

bool terminal_for_colours(int fd) noexcept {
  const char* no_colour = std::getenv("NO_COLOR");
  return capable_terminal(fd) && (no_colour == nullptr || *no_colour == '\0');
}

std::size_t terminal_width() noexcept {
  return width_of(STDERR_FILENO).value_or(kUsualWidth);
}

std::optional<std::size_t> output_width() noexcept {
  if (isatty(STDOUT_FILENO) != 1) return std::nullopt;
  return width_of(STDOUT_FILENO).value_or(kUsualWidth);
}

std::size_t columns_of(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Glyph glyph = first_glyph(text);
    columns += glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return columns;
}

std::string shortened(std::string_view text, std::size_t columns) {
  std::size_t have = columns_of(text);
  if (have <= columns) return std::string(text);
  if (columns < 4) return std::string(columns, '.');
  // The end says more than the start, which many names share.
  const std::size_t head_columns = (columns - 1) / 3;
  std::string out;
  for (std::size_t used = 0; used < head_columns;) {
    const Glyph glyph = first_glyph(text);
    if (used + glyph.columns > head_columns) break;
    used += glyph.columns;
    out += text.substr(0, glyph.bytes);
    text.remove_prefix(glyph.bytes);
    have -= glyph.columns;
  }
  out += "…";
  while (have > columns - 1 - head_columns) {
    const Glyph glyph = first_glyph(text);
    have -= glyph.columns;
    text.remove_prefix(glyph.bytes);
  }
  return out + std::string(text);
}

std::string progress_bar(std::uint64_t done, std::optional<std::uint64_t> size, bool colours) {
  if (!size) return std::string(kBarColumns, ' ');
  const double part = *size == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(*size));
  const auto full = static_cast<std::size_t>(part * kBarCells);
  std::array<char, 8> percent{};
  std::snprintf(percent.data(), percent.size(), "  %3d%%", static_cast<int>(part * 100));
  const char* on = colours ? "\033[32m" : "";
  const char* off = colours ? "\033[0m" : "";
  return std::string("[") + on + std::string(full, '#') + off + std::string(kBarCells - full, '.') + "]" +
         percent.data();
}

std::string fit(const std::string& bar, std::string_view name, std::string_view numbers, std::size_t width) {
  const std::size_t bar_columns = bar.empty() ? 0 : kBarColumns + 2;
  // A line that reaches the last column wraps on some terminals.
  const std::size_t usable = width > 1 ? width - 1 : 1;
  const std::size_t taken = columns_of(numbers);
  // Numbers say more than a bar.
  const bool room = !bar.empty() && bar_columns + taken <= usable;
  const std::string out = room ? bar + "  " : std::string();
  const std::size_t left = usable - (room ? bar_columns : 0);
  if (name.empty() || taken + 6 > left) return out + shortened(numbers, left);
  return out + shortened(name, left - taken - 2) + "  " + std::string(numbers);
}

std::string duration_text(std::uint64_t seconds) {
  constexpr std::uint64_t kMinute = 60;
  constexpr std::uint64_t kHour = 3600;
  const auto two = [](std::uint64_t value) { return (value < 10 ? "0" : "") + std::to_string(value); };
  if (seconds < kMinute) return std::to_string(seconds) + " s";
  if (seconds < kHour) return std::to_string(seconds / kMinute) + " min " + two(seconds % kMinute) + " s";
  return std::to_string(seconds / kHour) + " h " + two(seconds % kHour / kMinute) + " min";
}

}  // namespace objstore::cli
