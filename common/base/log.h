// Structured logging behind one header: spdlog stays in log.cc. Any thread.
//
// A line is an event name and fields; values are escaped, so that no stored or sent byte can start a line or colour a
// terminal. Callers pass no secret: the log knows no way to recognise one.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace objstore::log {

enum class Level : std::uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class Format : std::uint8_t { kText, kJson };

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  std::string file;  // empty: standard error
};

// Called once by main before other threads start; before that, lines of kWarn and above go to standard error as text.
Status configure(const Options& options);
// Opens the file anew (log rotation). Keeps the old one when that fails.
Status reopen();

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;
};

bool enabled(Level level) noexcept;
// message: what happened, constant text. Fields: name=value in text form, members in JSON form.
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});

inline void debug(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kDebug, message, fields);
}
inline void info(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kInfo, message, fields);
}
inline void warn(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kWarn, message, fields);
}
inline void error(std::string_view message, std::initializer_list<Field> fields = {}) {
  write(Level::kError, message, fields);
}

// Control characters, backslash, quote and invalid UTF-8 as \xNN; the rest as it is.
std::string escape(std::string_view text);

}  // namespace objstore::log
