#include "common/base/check.h"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace objstore {
namespace {

void write_text(const char* text) noexcept {
  std::size_t left = std::strlen(text);
  while (left > 0) {
    const ssize_t n = ::write(STDERR_FILENO, text, left);
    if (n <= 0) return;
    text += n;
    left -= static_cast<std::size_t>(n);
  }
}

}  // namespace

void check_failed(const char* file, int line, const char* expression) noexcept {
  std::array<char, 12> digits{};  // by hand: printf is not async-signal-safe
  std::size_t at = digits.size() - 1;
  do {
    digits[--at] = static_cast<char>('0' + line % 10);
    line /= 10;
  } while (line > 0 && at > 0);
  write_text("CHECK failed at ");
  write_text(file);
  write_text(":");
  write_text(&digits[at]);
  write_text(": ");
  write_text(expression);
  write_text("\n");
  std::abort();
}

}  // namespace objstore
