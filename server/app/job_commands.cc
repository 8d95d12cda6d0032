// The commands that run a long job: by the server that has the data directory, or here when there is none.
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <optional>
#include <thread>

#include "server/app/fsck.h"
#include "server/app/process.h"
#include "server/app/running_server.h"
#include "server/app/scrub.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kAskAgain{200};

struct JobState {
  std::uint64_t id = 0;
  std::string state;
  double fraction = 0;
  std::string error;
  std::string result;
};

Result<JobState> parse_job(std::string_view text) {
  try {
    const auto document = json::parse(json::string_view(text.data(), text.size())).as_object();
    JobState job{.id = json::value_to<std::uint64_t>(document.at("id")),
                 .state = json::value_to<std::string>(document.at("state")),
                 .fraction = document.at("fraction").to_number<double>(),
                 .error = {},
                 .result = {}};
    if (const auto* error = document.if_contains("error")) job.error = json::value_to<std::string>(*error);
    if (const auto* result = document.if_contains("result")) job.result = json::serialize(*result);
    return job;
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "the server's answer about its job cannot be understood");
  }
}

// Percents on standard error, where somebody looks on.
void show_progress(const char* what, double fraction) {
  static const bool wanted = ::isatty(STDERR_FILENO) != 0;
  if (wanted) std::fprintf(stderr, "\r%s: %3.0f %%", what, 100 * fraction);
}
void end_progress() {
  if (::isatty(STDERR_FILENO) != 0) std::fputs("\r                    \r", stderr);
}

// Starts the job and waits for its result.
Result<std::string> run_on_server(const Connection& server, const std::string& kind, std::string_view query) {
  auto answer = ask_server(server, "POST", "/-/" + kind, query);
  // A scrub is like another: one that runs already is waited for. A check may have been asked for something else.
  if (!answer && answer.error().code == Errc::kConflict && kind == "scrub")
    answer = ask_server(server, "GET", "/-/jobs/" + kind);
  if (!answer) return std::unexpected(std::move(answer.error()));
  OBJSTORE_ASSIGN(JobState job, parse_job(*answer));
  const std::uint64_t id = job.id;
  while (job.state == "running") {
    show_progress(kind.c_str(), job.fraction);
    std::this_thread::sleep_for(kAskAgain);
    OBJSTORE_ASSIGN(const auto text, ask_server(server, "GET", "/-/jobs/" + kind));
    OBJSTORE_ASSIGN(job, parse_job(text));
    if (job.id != id) return fail(Errc::kConflict, "somebody else has started another job of the kind; ask again");
  }
  end_progress();
  if (job.state != "done") return fail(Errc::kInternal, "the server could not finish: " + job.error);
  return std::move(job.result);
}

Result<std::string> fsck_on_server(const Config& config, const CommandLine& line) {
  OBJSTORE_ASSIGN(const auto server, find_server(config, line.endpoint));
  return run_on_server(server, "fsck", line.read_data ? "read-data=true" : "");
}

// The lock says whether a server runs, as for rotate-root-key.
Result<std::string> fsck_report(const Config& config, const CommandLine& line) {
  if (!line.endpoint.empty()) return fsck_on_server(config, line);
  auto offline = fsck_offline(config, {.read_data = line.read_data});
  if (offline || offline.error().code != Errc::kUnavailable) return offline;
  return fsck_on_server(config, line);
}

// Nothing when nobody waits for the end of a pass that was started.
Result<std::optional<std::string>> scrub_on_server(const Config& config, const CommandLine& line) {
  OBJSTORE_ASSIGN(const auto server, find_server(config, line.endpoint));
  if (line.wait) return run_on_server(server, "scrub", {});
  OBJSTORE_ASSIGN(const auto started, ask_server(server, "POST", "/-/scrub"));
  return std::nullopt;
}

Result<std::optional<std::string>> scrub_report(const Config& config, const CommandLine& line) {
  if (!line.endpoint.empty()) return scrub_on_server(config, line);
  auto offline = scrub_offline(config, [](double fraction) { show_progress("scrub", fraction); });
  end_progress();
  if (offline || offline.error().code != Errc::kUnavailable) return offline;
  return scrub_on_server(config, line);
}

}  // namespace

int scrub(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed(config.error());
  prepare_process();
  const auto report = scrub_report(*config, line);
  if (!report) return failed(report.error());
  if (!*report) {
    std::puts(
        "The server has begun to read everything; objd status shows what it finds, objd scrub --wait waits for it.");
    return 0;
  }
  const auto status = scrub_exit_status(**report);
  const auto text = scrub_text(**report);
  if (!status || !text) return failed(status ? text.error() : status.error());
  std::fputs((line.json ? **report + "\n" : *text).c_str(), stdout);
  return *status;
}

int fsck(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed(config.error());
  prepare_process();
  const auto report = fsck_report(*config, line);
  if (!report) return failed(report.error());
  const auto status = fsck_exit_status(*report);
  const auto text = fsck_text(*report);
  if (!status || !text) return failed(status ? text.error() : status.error());
  std::fputs((line.json ? *report + "\n" : *text).c_str(), stdout);
  return *status;
}

}  // namespace objstore::app
