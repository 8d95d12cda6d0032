#include "server/app/option_table.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/bytes.h"
#include "server/storage/chunker.h"

namespace objstore::app {
namespace {

constexpr std::uint64_t kThreadsMax = 1024;
constexpr std::uint64_t kSecondsMax = 24 * 3600;
constexpr std::uint64_t kConnectionsMax = 1'000'000;
constexpr std::uint64_t kSegmentBytesMin = std::uint64_t{1} << 20;
constexpr std::uint64_t kSegmentBytesMax = std::uint64_t{4} << 30;
constexpr std::uint64_t kBlock = 4096;
constexpr std::uint64_t kDaysMax = 3650;
constexpr std::uint64_t kCacheBytesMin = std::uint64_t{8} << 20;
constexpr std::uint64_t kAuditBytesMin = std::uint64_t{4} << 10;
constexpr std::uint64_t kAuditFilesMax = 1000;
constexpr std::uint64_t kBytesMax = std::uint64_t{1} << 50;

std::unexpected<Error> expected(std::string what) {
  return fail(Errc::kInvalidArgument, "expected " + std::move(what));
}

template <std::string Config::* Member>
Status set_text(Config& config, const std::string& text) {
  if (text.empty()) return expected("a value that is not empty");
  config.*Member = text;
  return {};
}

template <bool Config::* Member>
Status set_switch(Config& config, const std::string& text) {
  OBJSTORE_ASSIGN(config.*Member, parse_switch(text));
  return {};
}

template <std::uint64_t Config::* Member, std::uint64_t Min, std::uint64_t Max>
Status set_number(Config& config, const std::string& text) {
  const auto value = parse_u64(text);
  if (!value || *value < Min || *value > Max)
    return expected("a number from " + std::to_string(Min) + " to " + std::to_string(Max));
  config.*Member = *value;
  return {};
}

template <std::uint64_t Config::* Member, std::uint64_t Min, std::uint64_t Max>
Status set_bytes(Config& config, const std::string& text) {
  OBJSTORE_ASSIGN(const auto value, parse_bytes(text));
  if (value < Min || value > Max)
    return expected("a size from " + std::to_string(Min) + " to " + std::to_string(Max) + " bytes");
  config.*Member = value;
  return {};
}

template <std::chrono::seconds Config::* Member>
Status set_seconds(Config& config, const std::string& text) {
  const auto value = parse_u64(text);
  if (!value || *value < 1 || *value > kSecondsMax) return expected("seconds from 1 to " + std::to_string(kSecondsMax));
  config.*Member = std::chrono::seconds(static_cast<std::int64_t>(*value));
  return {};
}

Status set_listen(Config& config, const std::string& text) {
  OBJSTORE_ASSIGN(auto listen, parse_listen(text));
  config.listen.push_back(std::move(listen));
  return {};
}

Status add_segments(Config& config, const std::string& text) {
  if (text.empty()) return expected("a directory");
  config.segments.push_back(text);
  return {};
}

Status set_domain(Config& config, const std::string& text) {
  const bool good = !text.empty() && text.front() != '.' && text.back() != '.' && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
  if (!good) return expected("a host name, such as s3.example.com");
  config.domains.push_back(to_lower(text));
  return {};
}

Status set_region(Config& config, const std::string& text) {
  const bool good = !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!good) return expected("a region name, such as us-east-1");
  config.region = text;
  return {};
}

Status set_log_level(Config& config, const std::string& text) {
  constexpr std::array<std::pair<std::string_view, log::Level>, 5> kLevels{{{"debug", log::Level::kDebug},
                                                                            {"info", log::Level::kInfo},
                                                                            {"warn", log::Level::kWarn},
                                                                            {"error", log::Level::kError},
                                                                            {"off", log::Level::kOff}}};
  for (const auto& [name, level] : kLevels)
    if (name == text) {
      config.log.level = level;
      return {};
    }
  return expected("debug, info, warn, error or off");
}

Status set_log_format(Config& config, const std::string& text) {
  if (text != "text" && text != "json") return expected("text or json");
  config.log.format = text == "json" ? log::Format::kJson : log::Format::kText;
  return {};
}

Status set_metrics(Config& config, const std::string& text) {
  if (text != "root" && text != "open") return expected("root or open");
  config.open_metrics = text == "open";
  return {};
}

Status set_log_file(Config& config, const std::string& text) {
  if (text.empty()) return expected("a file name");
  config.log.file = text;
  return {};
}

Status set_chunk_average(Config& config, const std::string& text) {
  OBJSTORE_ASSIGN(const auto value, parse_bytes(text));
  constexpr std::uint64_t kMin = std::uint64_t{16} << 10;
  if (value < kMin || value > storage::Chunker::kAverageMax || (value & (value - 1)) != 0)
    return expected("a power of two from 16KiB to 1MiB");
  config.chunk_average = value;
  return {};
}

Status set_segment_bytes(Config& config, const std::string& text) {
  OBJSTORE_TRY((set_bytes<&Config::segment_bytes, kSegmentBytesMin, kSegmentBytesMax>(config, text)));
  if (config.segment_bytes % kBlock != 0) return expected("a multiple of 4096 bytes");
  return {};
}

// In the order in which --help shows them.
const Option kOptions[] = {
    {.name = "data",
     .value = "DIR",
     .fallback = "",
     .help = "Data directory of the store; made when it does not exist.",
     .set = set_text<&Config::data>},
    {.name = "config",
     .value = "FILE",
     .fallback = "",
     .help = "TOML file with these options, '_' in place of '-'.",
     .in_file = false,
     .set = set_text<&Config::config_file>},
    {.name = "bootstrap",
     .value = "FILE",
     .fallback = "",
     .help = "TOML file that declares accounts, users and keys; applied at every start and on SIGHUP.",
     .set = set_text<&Config::bootstrap>},
    {.name = "network",
     .value = "FILE",
     .fallback = "",
     .help = "TOML file: which addresses may connect, and trusted proxies; read again on SIGHUP.",
     .set = set_text<&Config::network>},
    {.name = "listen",
     .value = "[http[s]://]HOST:PORT",
     .fallback = "127.0.0.1:9000",
     .help = "Address to listen on; [v6]:PORT for IPv6, :PORT for every address.",
     .repeatable = true,
     .set = set_listen},
    {.name = "domain",
     .value = "NAME",
     .fallback = "",
     .help = "Host name below which buckets are addressed (bucket.NAME).",
     .repeatable = true,
     .set = set_domain},
    {.name = "region",
     .value = "NAME",
     .fallback = "us-east-1",
     .help = "Region that clients sign for.",
     .set = set_region},
    {.name = "tls-cert",
     .value = "FILE",
     .fallback = "",
     .help = "PEM file with the certificate and its chain.",
     .set = set_text<&Config::tls_cert>},
    {.name = "tls-key",
     .value = "FILE",
     .fallback = "",
     .help = "PEM file with the certificate's private key.",
     .set = set_text<&Config::tls_key>},
    {.name = "require-signed-payload",
     .value = "",
     .fallback = "false",
     .help = "Refuse uploads over cleartext whose body is not signed.",
     .set = set_switch<&Config::require_signed_payload>},
    {.name = "log-level",
     .value = "LEVEL",
     .fallback = "info",
     .help = "debug, info, warn, error or off.",
     .set = set_log_level},
    {.name = "log-format", .value = "FORM", .fallback = "text", .help = "text or json.", .set = set_log_format},
    {.name = "log-file",
     .value = "FILE",
     .fallback = "standard error",
     .help = "File to log to; opened anew on SIGHUP.",
     .set = set_log_file},
    {.name = "access-log",
     .value = "BOOL",
     .fallback = "true",
     .help = "A log line for each request.",
     .set = set_switch<&Config::access_log>},
    {.name = "audit-log",
     .value = "FILE",
     .fallback = "",
     .help = "File with a JSON line for each request: who did what. Opened anew on SIGHUP.",
     .set = set_text<&Config::audit_log>},
    {.name = "audit-log-size",
     .value = "BYTES",
     .fallback = "64MiB",
     .help = "Where the audit log is moved to FILE.1 and begun anew.",
     .set = set_bytes<&Config::audit_log_bytes, kAuditBytesMin, kBytesMax>},
    {.name = "audit-log-files",
     .value = "N",
     .fallback = "10",
     .help = "How many old audit logs are kept.",
     .set = set_number<&Config::audit_log_files, 0, kAuditFilesMax>},
    {.name = "metrics",
     .value = "WHO",
     .fallback = "root",
     .help = "Who may read /-/metrics: root (and OBJD_METRICS_TOKEN), or open for everybody.",
     .set = set_metrics},
    {.name = "worker-threads",
     .value = "N",
     .fallback = "by processors",
     .help = "Threads that do the work of requests.",
     .set = set_number<&Config::worker_threads, 0, kThreadsMax>},
    {.name = "io-threads",
     .value = "N",
     .fallback = "by processors",
     .help = "Threads that talk to sockets.",
     .set = set_number<&Config::io_threads, 0, kThreadsMax>},
    {.name = "connections-max",
     .value = "N",
     .fallback = "4096",
     .help = "Connections at once.",
     .set = set_number<&Config::connections_max, 1, kConnectionsMax>},
    {.name = "connections-per-peer-max",
     .value = "N",
     .fallback = "2048",
     .help = "Connections at once of one address.",
     .set = set_number<&Config::connections_per_peer_max, 1, kConnectionsMax>},
    {.name = "head-timeout",
     .value = "SECONDS",
     .fallback = "10",
     .help = "For a request's head to arrive.",
     .set = set_seconds<&Config::head_timeout>},
    {.name = "idle-timeout",
     .value = "SECONDS",
     .fallback = "60",
     .help = "Between two requests of a connection.",
     .set = set_seconds<&Config::idle_timeout>},
    {.name = "body-rate-min",
     .value = "BYTES",
     .fallback = "1024",
     .help = "Bytes a second below which a body is given up.",
     .set = set_bytes<&Config::body_rate_min, 0, kBytesMax>},
    {.name = "stop-timeout",
     .value = "SECONDS",
     .fallback = "30",
     .help = "For requests to end after SIGTERM, before they are cut.",
     .set = set_seconds<&Config::stop_timeout>},
    {.name = "free-space-reserve",
     .value = "BYTES",
     .fallback = "1 % of the disk, 256MiB at least",
     .help = "Writes are refused where less would stay free.",
     .set = set_bytes<&Config::free_space_reserve, 0, kBytesMax>},
    {.name = "ballast",
     .value = "BYTES",
     .fallback = "64MiB",
     .help = "File that holds space back; delete it to start on a full disk.",
     .set = set_bytes<&Config::ballast_bytes, 0, kBytesMax>},
    {.name = "segments",
     .value = "DIR",
     .fallback = "",
     .help = "Further directory for segments, on a disk of its own.",
     .repeatable = true,
     .set = add_segments},
    {.name = "copies",
     .value = "N",
     .fallback = "1",
     .help = "Copies of each chunk, 1 or 2, on different disks (see --segments).",
     .set = set_number<&Config::copies, 1, 2>},
    {.name = "allow-missing-segments",
     .value = "",
     .fallback = "false",
     .help = "Start although a directory of --segments is missing, without what lies there.",
     .set = set_switch<&Config::allow_missing_segments>},
    {.name = "compaction-rate",
     .value = "BYTES",
     .fallback = "100MiB",
     .help = "Bytes a second that the compactor reads; 0: no limit.",
     .set = set_bytes<&Config::compaction_rate, 0, kBytesMax>},
    {.name = "compaction-threshold",
     .value = "PERCENT",
     .fallback = "50",
     .help = "A segment is rewritten when so much of it is not in use.",
     .set = set_number<&Config::compaction_threshold, 5, 95>},
    {.name = "verified-for",
     .value = "SECONDS",
     .fallback = "0",
     .help =
         "A chunk that was verified less than SECONDS ago is sent by sendfile, not verified again; 0: every read is.",
     .set = set_number<&Config::verified_for_seconds, 0, kSecondsMax>},
    {.name = "scrub-rate",
     .value = "BYTES",
     .fallback = "50MiB",
     .help = "Bytes a second that the scrubber reads; 0: no limit.",
     .set = set_bytes<&Config::scrub_rate, 0, kBytesMax>},
    {.name = "scrub-interval",
     .value = "DAYS",
     .fallback = "7",
     .help = "From the end of one scrub to the next; 0: on demand only.",
     .set = set_number<&Config::scrub_interval_days, 0, kDaysMax>},
    {.name = "segment-size",
     .value = "BYTES",
     .fallback = "256MiB",
     .help = "Where a segment file ends.",
     .set = set_segment_bytes},
    {.name = "chunk-average",
     .value = "BYTES",
     .fallback = "256KiB",
     .help = "Average chunk of a new store; an existing one keeps its own.",
     .set = set_chunk_average},
    {.name = "metadata-cache",
     .value = "BYTES",
     .fallback = "64MiB",
     .help = "Cache of metadata blocks in memory.",
     .set = set_bytes<&Config::metadata_cache_bytes, kCacheBytesMin, kBytesMax>},
    {.name = "checkpoint-interval",
     .value = "SECONDS",
     .fallback = "300",
     .help = "Between checkpoints of the metadata: what its loss can cost.",
     .set = set_seconds<&Config::checkpoint_interval>},
};

}  // namespace

std::string Option::file_key() const {
  std::string key(name);
  std::ranges::replace(key, '-', '_');
  return key;
}

std::string Option::environment() const {
  std::string text = "OBJD_" + file_key();
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::span<const Option> options() {
  return kOptions;
}

const Option* find_option(std::string_view name) {
  const auto found = std::ranges::find(kOptions, name, &Option::name);
  return found == std::end(kOptions) ? nullptr : &*found;
}

}  // namespace objstore::app
