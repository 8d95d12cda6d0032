#include "common/base/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "common/base/log_text.h"

namespace objstore::log {
namespace {

using LoggerPtr = std::shared_ptr<spdlog::logger>;

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %l %v";
constexpr const char* kJsonPattern = R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})";

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarn:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
    case Level::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

Result<LoggerPtr> make_logger(const Options& options) {
  try {
    spdlog::sink_ptr sink;
    if (options.file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    }
    auto logger = std::make_shared<spdlog::logger>("objstore", std::move(sink));
    const char* pattern = options.format == Format::kJson ? kJsonPattern : kTextPattern;
    logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
    logger->set_level(spdlog::level::trace);  // enabled() decides
    logger->flush_on(spdlog::level::trace);   // a line that waits in a buffer is lost with the process
    return logger;
  } catch (const std::exception& e) {
    return fail(Errc::kIo, std::string("the log cannot be opened: ") + e.what());
  }
}

// The log of the process: the one piece of global state, since a line must be possible from everywhere.
struct State {
  std::atomic<Level> level{Level::kWarn};
  std::atomic<Format> format{Format::kText};
  std::mutex mutex;
  Options options{.level = Level::kWarn, .format = Format::kText, .file = {}};  // guarded by mutex
  LoggerPtr logger;  // guarded by mutex; replaced as a whole, so that a line under way keeps its own
};

State& state() {
  static auto* const instance = new State;  // never destroyed: threads may log while statics are
  return *instance;
}

LoggerPtr current_logger(State& s) {
  std::lock_guard lock(s.mutex);
  if (!s.logger) s.logger = make_logger(s.options).value_or(nullptr);
  return s.logger;
}

}  // namespace

Status configure(const Options& options) {
  OBJSTORE_ASSIGN(LoggerPtr logger, make_logger(options));
  State& s = state();
  std::lock_guard lock(s.mutex);
  s.options = options;
  s.logger = std::move(logger);
  s.level.store(options.level, std::memory_order_relaxed);
  s.format.store(options.format, std::memory_order_relaxed);
  return {};
}

Status reopen() {
  State& s = state();
  std::lock_guard lock(s.mutex);
  OBJSTORE_ASSIGN(LoggerPtr logger, make_logger(s.options));
  s.logger = std::move(logger);
  return {};
}

bool enabled(Level level) noexcept {
  return level != Level::kOff && level >= state().level.load(std::memory_order_relaxed);
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!enabled(level)) return;
  State& s = state();
  const bool json = s.format.load(std::memory_order_relaxed) == Format::kJson;
  const std::string line = json ? format_json(message, fields) : format_text(message, fields);
  if (const LoggerPtr logger = current_logger(s)) logger->log(to_spdlog(level), spdlog::string_view_t(line));
}

}  // namespace objstore::log
