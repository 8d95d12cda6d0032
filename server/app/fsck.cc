#include "server/app/fsck.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <limits>

#include "common/base/bytes.h"
#include "common/base/log.h"
#include "server/app/report_json.h"
#include "server/app/segment_places.h"
#include "server/auth/principal_rows.h"
#include "server/model/check.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/segment_reader.h"

namespace objstore::app {
namespace {

namespace json = boost::json;
using storage::Finding;
using storage::Findings;
using storage::Table;

json::object to_json(const Finding& finding) {
  json::array owners;
  for (const auto& owner : finding.owners) owners.push_back(owner_json(owner));
  json::object out{{"severity", to_string(finding.severity)},
                   {"kind", finding.kind},
                   {"message", json_text(finding.message)},
                   {"advice", finding.advice},
                   {"owners", std::move(owners)},
                   {"owners_count", finding.owners_count}};
  if (finding.chunk) out["chunk"] = to_hex(finding.chunk->id);
  return out;
}

std::string finding_text(const json::object& finding) {
  const auto text = [&](std::string_view name) { return json::value_to<std::string>(finding.at(name)); };
  std::string out = fmt::format("{} ({}): {}\n", text("severity"), text("kind"), text("message"));
  return out + owners_text(finding) + "  to do: " + text("advice") + "\n";
}

Status check_principals(const storage::MetadataReader& metadata, Findings& findings) {
  const auto cursor = metadata.scan(Table::kPrincipals, {});
  for (; cursor->valid(); cursor->next()) {
    const std::string_view key = cursor->key();
    bool good = true;
    if (key.starts_with(auth::kAccountPrefix)) good = auth::decode_account(key, cursor->value()).has_value();
    if (key.starts_with(auth::kUserPrefix)) good = auth::decode_user(key, cursor->value()).has_value();
    if (key.starts_with(auth::kKeyPrefix)) good = auth::decode_key(key, cursor->value()).has_value();
    if (good) continue;
    findings.add({.kind = "row-unreadable",
                  .message = "the row " + log::escape(key) + " of table principals cannot be read",
                  .advice = std::string(storage::kAdviceReport)});
  }
  return cursor->status();
}

Result<std::string> run(const model::StoreCheckSources& sources, const storage::CheckOptions& check,
                        const FsckOptions& options) {
  OBJSTORE_ASSIGN(Findings findings, model::check_store(sources, check));
  OBJSTORE_TRY(check_principals(sources.metadata, findings));
  return fsck_json(findings, options);
}

}  // namespace

std::string fsck_json(const Findings& findings, const FsckOptions& options) {
  json::array list;
  for (const Finding& finding : findings.kept()) list.push_back(to_json(finding));
  const std::uint64_t omitted = findings.damage() + findings.leaks() - findings.kept().size();
  return json::serialize(json::object{{"clean", findings.clean()},
                                      {"damage", findings.damage()},
                                      {"leaks", findings.leaks()},
                                      {"read_data", options.read_data},
                                      {"findings", std::move(list)},
                                      {"omitted", omitted}});
}

Result<std::string> fsck_text(std::string_view report) {
  try {
    const auto document = json::parse(json::string_view(report.data(), report.size())).as_object();
    std::string out;
    for (const auto& finding : document.at("findings").as_array()) out += finding_text(finding.as_object());
    const auto number = [&](std::string_view name) { return json::value_to<std::uint64_t>(document.at(name)); };
    if (number("omitted") > 0) out += fmt::format("... and {} findings more\n", number("omitted"));
    const std::string_view how = document.at("read_data").as_bool() ? "all rows and data were checked"
                                                                    : "all rows were checked, data was not read";
    if (document.at("clean").as_bool()) return out + fmt::format("The store is clean: {}.\n", how);
    return out + fmt::format("Findings: {} of damage, {} leaks; {}.\n", number("damage"), number("leaks"), how);
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "the report of the check cannot be understood");
  }
}

Result<int> fsck_exit_status(std::string_view report) {
  try {
    const auto document = json::parse(json::string_view(report.data(), report.size())).as_object();
    if (json::value_to<std::uint64_t>(document.at("damage")) > 0) return 1;
    return json::value_to<std::uint64_t>(document.at("leaks")) > 0 ? kExitLeaks : 0;
  } catch (const std::exception&) {
    return fail(Errc::kMalformed, "the report of the check cannot be understood");
  }
}

Result<std::string> fsck_offline(const Config& config, const FsckOptions& options) {
  OBJSTORE_ASSIGN(auto directory, DataDirectory::open(config.data, DataDirectory::Mode::kExisting));
  OBJSTORE_ASSIGN(const auto places, open_segment_places(directory, config, Places::kAsTheyAre));
  storage::RocksdbOptions rocksdb;
  rocksdb.directory = directory.metadata().string();
  rocksdb.block_cache_bytes = config.metadata_cache_bytes;
  OBJSTORE_ASSIGN(const auto metadata, storage::open_rocksdb_metadata_reader(rocksdb));
  OBJSTORE_ASSIGN(auto segments, storage::SegmentReader::open(places.paths));
  OBJSTORE_TRY(segments.check_versions());
  model::StoreCheckSources sources{.metadata = *metadata, .segments = segments.list()};
  if (options.read_data) sources.read = [&](const storage::Location& location) { return segments.read(location); };
  return run(sources, {}, options);
}

Jobs::Work fsck_online(Store& store, const FsckOptions& options) {
  return [&engine = store.engine(), options](JobRun& job) -> Result<std::string> {
    storage::MetadataStore& metadata = engine.metadata();
    // What the snapshot names stays where it names it, however much is collected and moved meanwhile.
    const auto hold = engine.removal_gate().hold(std::numeric_limits<std::uint64_t>::max());
    const auto state = metadata.snapshot();
    model::StoreCheckSources sources{.metadata = *state, .segments = engine.segments().list()};
    sources.chunk_now = [&](const std::string& key) { return metadata.get(Table::kChunks, key); };
    sources.chunks = &metadata;
    if (options.read_data)
      sources.read = [&](const storage::Location& location) { return engine.segments().read(location); };
    storage::CheckOptions check;
    check.cancelled = [&] { return job.cancelled(); };
    check.progress = [&](double fraction) { job.progress(fraction); };
    return run(sources, check, options);
  };
}

}  // namespace objstore::app
