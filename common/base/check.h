// CHECK: an assertion that is always on. For what the program believes, never for what a user may do.
#pragma once

namespace objstore {
// Prints file, line and the expression to standard error and aborts. Async-signal-safe as far as write(2) is.
[[noreturn]] void check_failed(const char* file, int line, const char* expression) noexcept;
}  // namespace objstore

#define CHECK(expression) \
  ((expression) ? static_cast<void>(0) : ::objstore::check_failed(__FILE__, __LINE__, #expression))
