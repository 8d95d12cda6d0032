#include "client/cli/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "client/cli/units.h"
#include "client/lib/printable.h"

namespace objstore::cli {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};

std::size_t terminal_width() {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kUsual;
  return size.ws_col;
}

std::string bar(double part) {
  constexpr std::size_t kCells = 24;
  const auto full = static_cast<std::size_t>(part * kCells);
  return "[" + std::string(full, '#') + std::string(kCells - full, '.') + "]";
}

}  // namespace

bool terminal_for_progress() noexcept {
  const char* terminal = std::getenv("TERM");
  return isatty(STDERR_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

ProgressBar::ProgressBar(std::string what, bool enabled)
    : what_(client::printable(what)), enabled_(enabled), started_(std::chrono::steady_clock::now()) {}

ProgressBar::~ProgressBar() {
  if (enabled_ && drawn_ != std::chrono::steady_clock::time_point{}) std::fputs("\r\033[K", stderr);
}

std::string ProgressBar::line(std::uint64_t done, std::optional<std::uint64_t> total, double seconds) const {
  std::string out = what_ + "  ";
  if (total && *total > 0) {
    const double part = std::min(1.0, static_cast<double>(done) / static_cast<double>(*total));
    out += bar(part) + " " + std::to_string(static_cast<int>(part * 100)) + "%  ";
  }
  out += human_size(done);
  if (total) out += " of " + human_size(*total);
  const double rate = static_cast<double>(done) / std::max(seconds, 0.001);
  return out + "  " + human_size(static_cast<std::uint64_t>(rate)) + "/s";
}

void ProgressBar::update(std::uint64_t done, std::optional<std::uint64_t> total) {
  if (!enabled_) return;
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < kRedraw) return;
  drawn_ = now;
  std::string text = line(done, total, std::chrono::duration<double>(now - started_).count());
  const std::size_t width = terminal_width();
  // A line that wraps cannot be redrawn: the end, with the numbers, is what stays.
  if (text.size() >= width) text = text.substr(text.size() - width + 1);
  std::fprintf(stderr, "\r%s\033[K", text.c_str());
}

}  // namespace objstore::cli
