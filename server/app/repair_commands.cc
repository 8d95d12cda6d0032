// The commands that bring back what was lost, on a store that nobody serves.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "common/base/log.h"
#include "common/wire/time.h"
#include "server/app/commands.h"
#include "server/app/process.h"
#include "server/app/rebuild.h"

namespace objstore::app {
namespace {

constexpr std::uint64_t kDamagedShown = 1'000;

int failed(const Error& error, int status = kExitFailure) {
  std::fprintf(stderr, "objd: %s\n", error.message.c_str());
  return status;
}

// One line that is written over, on a terminal alone.
class ProgressLine {
 public:
  void show(const storage::IndexProgress& progress) {
    if (!terminal_) return;
    const std::uint64_t percent = progress.bytes_total == 0 ? 100 : progress.bytes * 100 / progress.bytes_total;
    if (percent == shown_) return;
    shown_ = percent;
    std::fprintf(stderr, "\r%3d %% of the segments read", static_cast<int>(percent));
    open_ = true;
  }
  void end() {
    if (open_) std::fputc('\n', stderr);
    open_ = false;
  }

 private:
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::uint64_t shown_ = 101;
  bool open_ = false;
};

std::string index_text(const storage::IndexReport& index) {
  std::string text =
      fmt::format("segments      {} read, {} records, {} bytes verified\n", index.segments, index.records, index.bytes);
  text += fmt::format("chunks        {} indexed, {} of them in no object and left to the collector\n", index.chunks,
                      index.unreferenced);
  if (index.wrong_records > 0)
    text += fmt::format("records       {} are not what their id says\n", index.wrong_records);
  for (const auto& [segment, why] : index.unreadable_segments)
    text += fmt::format("unreadable    segment {:016x}: {}\n", segment, why);
  text += fmt::format("lost          {} chunks\n", index.lost_chunks);
  return text;
}

std::string report_text(const RebuildReport& report, UnixMillis now_ms) {
  std::string text;
  if (report.checkpoint) {
    text += fmt::format("checkpoint    of {}, {} s old: what was written after it is not in the store\n",
                        wire::format_iso8601(report.checkpoint->made_ms), (now_ms - report.checkpoint->made_ms) / 1000);
  }
  if (!report.set_aside.empty()) text += fmt::format("set aside     {}\n", report.set_aside);
  text += index_text(report.index);
  text += fmt::format("objects       {} in {} buckets, {} bytes; {} of them with lost bytes\n", report.survey.objects,
                      report.survey.buckets, report.survey.bytes, report.survey.damaged);
  return text;
}

Result<Config> prepare(const CommandLine& line) {
  OBJSTORE_ASSIGN(auto config, load_config(line.options, process_environment));
  if (config.data.empty())
    return fail(Errc::kInvalidArgument, "--data DIR is needed (or OBJD_DATA, or data in the file)");
  prepare_process();
  // The report says it all; what the layers log is for a server.
  if (config.log.level == log::Level::kInfo) config.log.level = log::Level::kWarn;
  OBJSTORE_TRY(log::configure(config.log));
  return config;
}

template <typename Rebuild>
int run(const CommandLine& line, const Rebuild& rebuild) {
  const auto config = prepare(line);
  if (!config) return failed(config.error(), config.error().code == Errc::kInvalidArgument ? kExitUsage : kExitFailure);
  ProgressLine bar;
  std::uint64_t shown = 0;
  RebuildOptions options;
  options.force_from_checkpoint = line.force_from_checkpoint;
  options.skip_unreadable = line.skip_unreadable;
  options.progress = [&](const storage::IndexProgress& progress) { bar.show(progress); };
  options.say = [&](const std::string& text) {
    bar.end();
    std::fprintf(stderr, "objd: %s\n", text.c_str());
  };
  options.on_damaged = [&](const model::SurveyedObject& object) {
    if (++shown > kDamagedShown) return;
    const std::string version = object.version_id.empty() ? "null" : object.version_id;
    std::printf("damaged       %s/%s version %s\n", object.bucket.c_str(), log::escape(object.key).c_str(),
                version.c_str());
  };
  auto directory = open_for_rebuild(*config, options.say);
  if (!directory) return failed(directory.error());
  const auto report = rebuild(*directory, *config, options);
  bar.end();
  if (!report) return failed(report.error());
  if (shown > kDamagedShown) std::printf("damaged       and %ju more\n", std::uintmax_t{shown - kDamagedShown});
  std::fputs(report_text(*report, SystemClock().now_ms()).c_str(), stdout);
  return report->index.lost_chunks == 0 && report->index.unreadable_segments.empty() ? 0 : kExitFailure;
}

}  // namespace

int rebuild_index(const CommandLine& line) {
  return run(line, [](DataDirectory& directory, const Config& config, const RebuildOptions& options) {
    return rebuild_index_of(directory, config, options);
  });
}

int rebuild(const CommandLine& line) {
  return run(line, [](DataDirectory& directory, const Config& config, const RebuildOptions& options) {
    return rebuild_from_checkpoint(directory, config, SystemClock(), options);
  });
}

}  // namespace objstore::app
