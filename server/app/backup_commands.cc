// objd backup, verify-backup and restore.
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "common/base/log.h"
#include "common/wire/time.h"
#include "server/app/backup.h"
#include "server/app/commands.h"
#include "server/app/process.h"
#include "server/app/running_server.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kAskAgain{200};

// One line on a terminal that is written over.
class Percent {
 public:
  explicit Percent(const char* what) : what_(what) {}
  ~Percent() {
    if (shown_ >= 0) std::fputc('\n', stderr);
  }
  Percent(const Percent&) = delete;
  Percent& operator=(const Percent&) = delete;
  void show(double fraction) {
    const int percent = static_cast<int>(100 * fraction);
    if (!terminal_ || percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\r%s: %3d %%", what_, percent);
  }
  Status show(std::uint64_t done, std::uint64_t total) {
    show(total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total));
    return {};
  }

 private:
  const char* const what_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  int shown_ = -1;
};

int failed_as(const Error& error) {
  failed(error);
  return error.code == Errc::kInvalidArgument ? kExitUsage : kExitFailure;
}

// Warnings and errors alone: the report says the rest.
Status prepare_command(const Config& config) {
  prepare_process();
  log::Options options = config.log;
  if (options.level == log::Level::kInfo) options.level = log::Level::kWarn;
  return log::configure(options);
}

BackupRequest request_of(const CommandLine& line) {
  BackupRequest request{.place = line.backup_place,
                        .s3 = {.endpoint = line.s3_endpoint, .region = line.s3_region, .profile = line.s3_profile},
                        .keep = static_cast<std::size_t>(line.keep)};
  // The server that may have to do it stands somewhere else.
  std::error_code ignored;
  if (!request.place.starts_with("s3://")) request.place = std::filesystem::absolute(request.place, ignored).string();
  return request;
}

Result<std::string> backup_by_server(const Config& config, const CommandLine& line, Percent& percent) {
  OBJSTORE_ASSIGN(const auto server, find_server(config, line.endpoint));
  OBJSTORE_ASSIGN(auto answer, ask_server(server, "POST", "/-/backup", query_of(request_of(line))));
  try {
    auto job = json::parse(answer).as_object();
    const auto id = job.at("id").to_number<std::uint64_t>();
    while (job.at("state").as_string() == "running") {
      percent.show(job.at("fraction").to_number<double>());
      std::this_thread::sleep_for(kAskAgain);
      OBJSTORE_ASSIGN(answer, ask_server(server, "GET", "/-/jobs/backup"));
      job = json::parse(answer).as_object();
      if (job.at("id").to_number<std::uint64_t>() != id)
        return fail(Errc::kConflict, "the server was started again while it made the backup");
    }
    if (job.at("state").as_string() == "done") return json::serialize(job.at("result"));
    return fail(Errc::kInternal,
                "the server could not finish the backup: " + json::value_to<std::string>(job.at("error")));
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "the server's answer about the backup cannot be understood");
  }
}

// The lock says whether a server runs.
Result<std::string> make(const Config& config, const CommandLine& line, Percent& percent) {
  if (!line.endpoint.empty()) return backup_by_server(config, line, percent);
  auto offline = backup_offline(config, request_of(line), SystemClock(),
                                [&](std::uint64_t done, std::uint64_t total) { return percent.show(done, total); });
  if (offline || offline.error().code != Errc::kUnavailable) return offline;
  return backup_by_server(config, line, percent);
}

std::string backup_text(const std::string& report) {
  const auto document = json::parse(report).as_object();
  const auto number = [&](std::string_view name) { return document.at(name).to_number<std::uint64_t>(); };
  return fmt::format("backup   {}\nsegments {}\nbytes    {}\ncopied   {}\nremoved  {} earlier backup(s)\n",
                     json::value_to<std::string>(document.at("id")), number("segments"), number("bytes"),
                     number("copied_bytes"), number("removed"));
}

Result<backup::VerifyReport> verify(const CommandLine& line, std::string& id) {
  const BackupRequest request = request_of(line);
  OBJSTORE_ASSIGN(const auto target, backup::open_target(request.place, request.s3, false));
  OBJSTORE_ASSIGN(const auto manifest, backup::load_backup(*target, line.backup_id));
  id = manifest.id;
  const auto scratch = std::filesystem::temp_directory_path() / ("objd-verify-" + std::to_string(::getpid()));
  Percent percent("verify");
  auto report = backup::verify_backup(
      *target, manifest, scratch, [&](std::uint64_t done, std::uint64_t total) { return percent.show(done, total); });
  std::error_code ignored;
  std::filesystem::remove_all(scratch, ignored);
  return report;
}

}  // namespace

int make_backup(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed_as(config.error());
  if (auto prepared = prepare_command(*config); !prepared) return failed(prepared.error());
  Percent percent("backup");
  const auto report = make(*config, line, percent);
  if (!report) return failed_as(report.error());
  std::fputs((line.json ? *report + "\n" : backup_text(*report)).c_str(), stdout);
  return 0;
}

int verify_backup(const CommandLine& line) {
  if (auto prepared = prepare_command({}); !prepared) return failed(prepared.error());
  std::string id;
  const auto report = verify(line, id);
  if (!report) return failed_as(report.error());
  for (const auto& finding : report->findings) std::printf("damaged  %s\n", finding.c_str());
  if (report->findings_left_out > 0) std::printf("damaged  and %ju more\n", std::uintmax_t{report->findings_left_out});
  std::fputs(fmt::format("backup   {}\nfiles    {} of {} bytes\nrecords  {}\nchunks   {}\n{}\n", id, report->files,
                         report->bytes, report->records, report->chunks,
                         report->findings.empty() ? "good     everything is there and intact" : "NOT GOOD see above")
                 .c_str(),
             stdout);
  return report->findings.empty() ? 0 : kExitFailure;
}

int restore_backup(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed_as(config.error());
  if (auto prepared = prepare_command(*config); !prepared) return failed(prepared.error());
  const BackupRequest from = request_of(line);
  const RestoreRequest request{.place = from.place,
                               .s3 = from.s3,
                               .id = line.backup_id,
                               .data = config->data,
                               .secret_key_file = line.secret_key_file,
                               .secret_key_in_environment = process_environment("OBJD_SECRET_KEY"),
                               .new_keys = line.new_keys};
  const auto report = [&] {
    Percent percent("restore");
    return restore(request, SystemClock(),
                   [&](std::uint64_t done, std::uint64_t total) { return percent.show(done, total); });
  }();
  if (!report) return failed_as(report.error());
  std::printf("restored %s into %s: %zu segments\n", report->manifest.id.c_str(), config->data.c_str(),
              report->manifest.segments.size());
  for (const auto& key : report->dropped_keys) std::printf("dropped  the key of %s\n", log::escape(key).c_str());
  if (!report->dropped_keys.empty())
    std::puts("The next start makes a new root key and says where it is; declare the others' keys anew.");
  return 0;
}

}  // namespace objstore::app
