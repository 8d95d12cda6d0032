// The commands that speak to a running server, or to the store behind its back when there is none.
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "common/base/bytes.h"
#include "server/app/commands.h"
#include "server/app/identity.h"
#include "server/app/process.h"
#include "server/app/running_server.h"
#include "server/app/store.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

std::string human(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string damage_text(std::uint64_t damaged, std::uint64_t lost) {
  if (damaged == 0) return "damage    none found\n";
  return fmt::format("damage    {} chunks, {} of them without a good copy; objd fsck names the objects\n", damaged,
                     lost);
}

std::string status_text(const json::object& report) {
  const auto number = [&](std::string_view name) { return json::value_to<std::uint64_t>(report.at(name)); };
  const auto logical = number("logical_bytes");
  const auto stored = number("stored_bytes");
  std::string text =
      fmt::format("version   {}\nuptime    {} s\nwritable  {}\n", json::value_to<std::string>(report.at("version")),
                  number("uptime_s"), report.at("writable").as_bool() ? "yes" : "no");
  text += fmt::format("buckets   {}\nobjects   {}\nlogical   {}\nstored    {}", number("buckets"), number("objects"),
                      human(logical), human(stored));
  if (logical > 0)
    text += fmt::format(" ({:.0f} % of logical)", 100.0 * static_cast<double>(stored) / static_cast<double>(logical));
  text += fmt::format("\ndisk      {} free of {}\n", human(number("disk_free_bytes")), human(number("disk_bytes")));
  text += report.at("checkpoint_ms").to_number<std::int64_t>() == 0
              ? "checkpoint none yet\n"
              : fmt::format("checkpoint {} s old\n", report.at("checkpoint_age_s").to_number<std::int64_t>());
  if (const auto failure = json::value_to<std::string>(report.at("checkpoint_failure")); !failure.empty())
    text += "           the last one failed: " + failure + "\n";
  return text + damage_text(number("damaged_chunks"), number("lost_chunks"));
}

Result<std::string> rotate_online(const Config& config, const std::string& endpoint) {
  OBJSTORE_ASSIGN(const auto connection, find_server(config, endpoint));
  OBJSTORE_ASSIGN(const auto answer, ask_server(connection, "POST", "/-/rotate-root-key"));
  boost::system::error_code error;
  const json::value document = json::parse(answer, error);
  const auto* id = document.is_object() ? document.as_object().if_contains("access_key") : nullptr;
  if (id == nullptr || !id->is_string()) return fail(Errc::kMalformed, "the server did not name the new key");
  return std::string(id->as_string());
}

Result<std::string> rotate_offline(const Config& config) {
  OBJSTORE_ASSIGN(const auto directory, DataDirectory::open(config.data, DataDirectory::Mode::kExisting));
  OBJSTORE_ASSIGN(const auto metadata, open_metadata(directory, config));
  const SystemClock clock;
  const auto commit = [&](storage::Batch batch) { return metadata->commit(std::span(&batch, 1)).front(); };
  const Secrets secrets{.secret_key = process_environment("OBJD_SECRET_KEY"),
                        .root_access_key = process_environment("OBJD_ROOT_ACCESS_KEY"),
                        .root_secret_key = process_environment("OBJD_ROOT_SECRET_KEY")};
  OBJSTORE_ASSIGN(const auto identity, Identity::open(*metadata, commit, clock,
                                                      {.secret_key = directory.secret_key(),
                                                       .root_credentials = directory.root_credentials()},
                                                      secrets));
  return identity->rotate_root_key();
}

// The lock says whether a server runs; an endpoint file may be left from one that was killed.
Result<std::string> rotate(const Config& config, const std::string& endpoint) {
  if (!endpoint.empty()) return rotate_online(config, endpoint);
  auto offline = rotate_offline(config);
  if (offline || offline.error().code != Errc::kUnavailable) return offline;
  return rotate_online(config, endpoint);
}

}  // namespace

int show_status(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed(config.error());
  const auto connection = find_server(*config, line.endpoint);
  if (!connection) return failed(connection.error());
  const auto report = ask_server(*connection, "GET", "/-/status");
  if (!report) return failed(report.error());
  try {
    const auto text = line.json ? *report : status_text(json::parse(*report).as_object());
    std::fputs(text.c_str(), stdout);
  } catch (const std::exception&) {
    return failed({Errc::kMalformed, "the server's report lacks a figure"});
  }
  return 0;
}

int rotate_root_key(const CommandLine& line) {
  const auto config = config_with_data(line);
  if (!config) return failed(config.error());
  prepare_process();
  const auto id = rotate(*config, line.endpoint);
  if (!id) return failed(id.error());
  std::printf("The root key is now %s; its secret is in %s/root-credentials\n", id->c_str(), config->data.c_str());
  return 0;
}

}  // namespace objstore::app
