#include "server/app/backup.h"

#include <boost/json.hpp>

#include "common/base/bytes.h"
#include "common/wire/uri.h"
#include "server/storage/files.h"
#include "server/storage/index_rebuild.h"

namespace objstore::app {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kKeepMax = 100'000;

std::string report_text(const backup::BackupReport& report) {
  return json::serialize(json::object{{"id", report.id},
                                      {"segments", report.segments},
                                      {"bytes", report.bytes},
                                      {"copied_bytes", report.copied_bytes},
                                      {"removed", report.removed}});
}

Result<std::string> run(const backup::BackupSource& source, const BackupRequest& request,
                        const backup::Progress& progress) {
  OBJSTORE_ASSIGN(const auto target, backup::open_target(request.place, request.s3, true));
  OBJSTORE_ASSIGN(backup::BackupReport report, backup::make_backup(source, *target, progress));
  if (request.keep > 0) {
    OBJSTORE_ASSIGN(report.removed, backup::prune_backups(*target, request.keep));
  }
  return report_text(report);
}

backup::BackupSource source_of(const DataDirectory& directory, const SegmentPlaces& places,
                               storage::MetadataStore& metadata, storage::SegmentStore& segments,
                               storage::RemovalGate* gate, const Clock& clock) {
  return {.metadata = metadata,
          .segments = segments,
          .gate = gate,
          .segment_directories = {places.paths.begin(), places.paths.end()},
          .scratch = directory.path() / "backup.new",
          .store_id = directory.format().store_id,
          .store_format = format_text(directory.format()),
          .now_ms = clock.now_ms()};
}

}  // namespace

std::string query_of(const BackupRequest& request) {
  wire::QueryBuilder query;
  query.add("target", request.place).add("keep", std::to_string(request.keep));
  if (!request.s3.endpoint.empty()) query.add("s3-endpoint", request.s3.endpoint);
  if (!request.s3.profile.empty()) query.add("s3-profile", request.s3.profile);
  if (!request.s3.region.empty()) query.add("s3-region", request.s3.region);
  return query.str();
}

Result<BackupRequest> parse_backup_query(std::string_view query) {
  BackupRequest request;
  OBJSTORE_ASSIGN(const auto parameters, wire::QueryParams::parse(query));
  for (const auto& parameter : parameters) {
    if (parameter.name == "target") {
      request.place = parameter.value;
    } else if (parameter.name == "s3-endpoint") {
      request.s3.endpoint = parameter.value;
    } else if (parameter.name == "s3-profile") {
      request.s3.profile = parameter.value;
    } else if (parameter.name == "s3-region") {
      request.s3.region = parameter.value;
    } else if (const auto keep = parse_u64(parameter.value); parameter.name == "keep" && keep && *keep <= kKeepMax) {
      request.keep = static_cast<std::size_t>(*keep);
    } else {
      return fail(Errc::kInvalidArgument, "a backup does not know this parameter, or its value");
    }
  }
  if (!request.place.starts_with("s3://") && !request.place.starts_with('/'))
    return fail(Errc::kInvalidArgument, "a server backs up to s3://BUCKET/PREFIX or to an absolute path");
  return request;
}

Result<std::string> backup_offline(const Config& config, const BackupRequest& request, const Clock& clock,
                                   const backup::Progress& progress) {
  OBJSTORE_ASSIGN(auto directory, DataDirectory::open(config.data, DataDirectory::Mode::kExisting));
  OBJSTORE_ASSIGN(const auto places, open_segment_places(directory, config, Places::kAsTheyAre));
  OBJSTORE_ASSIGN(const auto metadata, open_metadata(directory, config));
  OBJSTORE_TRY(storage::check_index_fit(*metadata));
  OBJSTORE_ASSIGN(const auto segments, open_segments(places, config, 1));
  return run(source_of(directory, places, *metadata, *segments, nullptr, clock), request, progress);
}

Jobs::Work backup_online(Store& store, const Clock& clock, BackupRequest request) {
  return [&store, &clock, request = std::move(request)](JobRun& job) -> Result<std::string> {
    const auto progress = [&job](std::uint64_t done, std::uint64_t total) -> Status {
      if (job.cancelled()) return fail(Errc::kCancelled, "the server is stopping");
      job.progress(total == 0 ? 1 : static_cast<double>(done) / static_cast<double>(total));
      return {};
    };
    storage::Engine& engine = store.engine();
    return run(source_of(store.directory(), store.places(), engine.metadata(), engine.segments(),
                         &engine.removal_gate(), clock),
               request, progress);
  };
}

}  // namespace objstore::app
