#include "server/storage/checkpoint_set.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <ctime>
#include <map>

#include "common/base/log.h"
#include "server/storage/rows.h"
#include "server/storage/segment_file.h"

namespace objstore::storage {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kManifestName = "manifest";
constexpr std::string_view kMetadataName = "metadata";
// While it is being made, and while it is being removed.
constexpr std::string_view kFresh = ".new";
constexpr std::string_view kStale = ".old";

// "20261122T203000.123Z": sorts by time, and needs no quoting anywhere.
std::string name_of(UnixMillis time) {
  constexpr UnixMillis kMillis = 1000;
  const std::time_t seconds = static_cast<std::time_t>(time / kMillis);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%S", &parts);
  std::string millis = std::to_string(time % kMillis);
  millis.insert(0, 3 - std::min<std::size_t>(3, millis.size()), '0');
  return std::string(text.data(), length) + "." + millis + "Z";
}

Status check_files(const Checkpoint& checkpoint) {
  OBJSTORE_ASSIGN(const auto found, list_files(checkpoint.metadata()));
  for (const FileFacts& wanted : checkpoint.manifest.files) {
    const auto file = std::ranges::find(found, wanted.name, &FileFacts::name);
    if (file == found.end() || file->size != wanted.size)
      return fail(Errc::kCorrupt, checkpoint.path.string() + ": " + wanted.name + " is missing or of another size");
  }
  return {};
}

Result<Checkpoint> open_checkpoint(const fs::path& path) {
  OBJSTORE_ASSIGN(const std::string text, read_file(path / kManifestName));
  auto manifest = decode_checkpoint_manifest(text);
  if (!manifest) return fail(manifest.error().code, path.string() + ": " + manifest.error().message);
  Checkpoint checkpoint{path, std::move(*manifest)};
  OBJSTORE_TRY(check_files(checkpoint));
  return checkpoint;
}

bool is_leftover(std::string_view name) {
  return name.ends_with(kFresh) || name.ends_with(kStale);
}

// A manifest last, then the name: each step durable before the next.
Result<Checkpoint> publish(const fs::path& fresh, const fs::path& path, CheckpointManifest manifest) {
  OBJSTORE_TRY(sync_files(fresh / kMetadataName));
  OBJSTORE_TRY(replace_file(fresh / kManifestName, encode(manifest)));
  OBJSTORE_TRY(sync_directory(fresh.string()));
  OBJSTORE_TRY(rename_path(fresh, path));
  OBJSTORE_TRY(sync_directory(path.parent_path().string()));
  return Checkpoint{path, std::move(manifest)};
}

// A directory under which nothing has been made.
Result<fs::path> begin(const fs::path& directory, const std::string& name) {
  const fs::path fresh = directory / (name + std::string(kFresh));
  OBJSTORE_TRY(make_directories(directory));
  OBJSTORE_TRY(remove_tree(fresh));
  OBJSTORE_TRY(make_directories(fresh));
  return fresh;
}

bool is_table(std::string_view name) {
  return name.ends_with(".sst");
}

}  // namespace

std::string encode(const CheckpointManifest& manifest) {
  json::array segments;
  for (const SegmentInfo& segment : manifest.segments)
    segments.push_back({{"id", segment.id}, {"bytes", segment.written_bytes}, {"sealed", segment.sealed}});
  json::array files;
  for (const FileFacts& file : manifest.files) {
    files.push_back({{"name", file.name},
                     {"bytes", file.size},
                     {"source_inode", file.inode},
                     {"source_modified_ns", file.modified_ns}});
  }
  const json::object document{{"checkpoint", CheckpointManifest::kFormat},
                              {"store_id", manifest.store_id},
                              {"store_format", manifest.store_format},
                              {"made_ms", manifest.made_ms},
                              {"sequence", manifest.sequence},
                              {"segments", std::move(segments)},
                              {"files", std::move(files)}};
  return json::serialize(document) + "\n";
}

Result<CheckpointManifest> decode_checkpoint_manifest(std::string_view text) {
  CheckpointManifest manifest;
  try {
    const auto parsed = json::parse(json::string_view(text.data(), text.size()));
    const auto& document = parsed.as_object();
    if (document.at("checkpoint").to_number<int>() != CheckpointManifest::kFormat)
      return fail(Errc::kUnsupported, "a checkpoint of a version that this objd does not know");
    manifest.store_id = json::value_to<std::string>(document.at("store_id"));
    if (const auto* format = document.if_contains("store_format"))
      manifest.store_format = json::value_to<std::string>(*format);
    manifest.made_ms = document.at("made_ms").to_number<UnixMillis>();
    manifest.sequence = document.at("sequence").to_number<std::uint64_t>();
    for (const auto& value : document.at("segments").as_array()) {
      const auto& segment = value.as_object();
      manifest.segments.push_back({segment.at("id").to_number<std::uint64_t>(),
                                   segment.at("bytes").to_number<std::uint64_t>(), segment.at("sealed").as_bool()});
    }
    for (const auto& value : document.at("files").as_array()) {
      const auto& file = value.as_object();
      manifest.files.push_back({json::value_to<std::string>(file.at("name")),
                                file.at("bytes").to_number<std::uint64_t>(),
                                file.at("source_inode").to_number<std::uint64_t>(),
                                file.at("source_modified_ns").to_number<std::int64_t>()});
    }
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, "no manifest of a checkpoint");
  }
  return manifest;
}

Result<std::vector<Checkpoint>> list_checkpoints(const fs::path& directory) {
  OBJSTORE_ASSIGN(const auto names, list_directories(directory));
  std::vector<Checkpoint> out;
  for (const std::string& name : names) {
    if (is_leftover(name)) continue;
    auto checkpoint = open_checkpoint(directory / name);
    if (checkpoint) {
      out.push_back(std::move(*checkpoint));
    } else {
      log::warn("a checkpoint is passed over", {{"error", checkpoint.error().message}});
    }
  }
  std::ranges::sort(out, std::ranges::greater(), [](const Checkpoint& c) { return c.manifest.sequence; });
  return out;
}

Status check_not_older(const MetadataReader& metadata, std::uint64_t newest) {
  OBJSTORE_ASSIGN(const auto row, metadata.get(Table::kStore, kCheckpointKey));
  if (!row) return {};
  if (row->size() != sizeof(std::uint64_t)) return fail(Errc::kCorrupt, "the number of the last checkpoint is damaged");
  if (id_of_key(*row) >= newest) return {};
  return fail(Errc::kCorrupt, "older than the newest checkpoint of it");
}

Status mark_newer(MetadataStore& metadata, std::uint64_t newest) {
  std::vector<Batch> group(1);
  group.front().put(Table::kStore, std::string(kCheckpointKey), id_key(newest));
  return metadata.commit(group).front();
}

Result<Checkpoint> make_checkpoint(const fs::path& directory, CheckpointManifest manifest,
                                   const std::function<Status(const fs::path& metadata)>& fill) {
  const std::string name = name_of(manifest.made_ms);
  OBJSTORE_ASSIGN(const fs::path fresh, begin(directory, name));
  OBJSTORE_TRY(fill(fresh / kMetadataName));
  OBJSTORE_ASSIGN(manifest.files, list_files(fresh / kMetadataName));
  return publish(fresh, directory / name, std::move(manifest));
}

Result<std::uint64_t> copy_checkpoint(const Checkpoint& checkpoint, const fs::path& directory) {
  OBJSTORE_ASSIGN(const auto earlier, list_checkpoints(directory));
  // The same inode with the same time of change is the same table: a name alone may come again after a rebuild.
  std::map<std::string, std::pair<FileFacts, fs::path>> known;
  for (const Checkpoint& copy : earlier) {
    for (const FileFacts& file : copy.manifest.files) known.try_emplace(file.name, file, copy.metadata() / file.name);
  }
  OBJSTORE_ASSIGN(const fs::path fresh, begin(directory, checkpoint.path.filename().string()));
  const fs::path metadata = fresh / kMetadataName;
  OBJSTORE_TRY(make_directories(metadata));
  std::uint64_t copied = 0;
  for (const FileFacts& file : checkpoint.manifest.files) {
    const auto found = known.find(file.name);
    if (is_table(file.name) && found != known.end() && found->second.first == file) {
      OBJSTORE_TRY(link_or_copy(found->second.second, metadata / file.name));
    } else {
      OBJSTORE_TRY(copy_durably(checkpoint.metadata() / file.name, metadata / file.name));
      copied += file.size;
    }
  }
  const fs::path path = directory / checkpoint.path.filename();
  OBJSTORE_TRY(remove_tree(path));  // one that is incomplete: else it would be the newest already
  OBJSTORE_TRY(publish(fresh, path, checkpoint.manifest));
  return copied;
}

Status prune_checkpoints(const fs::path& directory, std::size_t kept) {
  OBJSTORE_ASSIGN(const auto all, list_checkpoints(directory));
  OBJSTORE_ASSIGN(const auto names, list_directories(directory));
  for (const std::string& name : names) {
    if (is_leftover(name)) OBJSTORE_TRY(remove_tree(directory / name));
  }
  for (std::size_t i = kept; i < all.size(); ++i) {
    // By another name first: half of one must not pass for a checkpoint.
    const fs::path stale = all[i].path.string() + std::string(kStale);
    OBJSTORE_TRY(rename_path(all[i].path, stale));
    OBJSTORE_TRY(remove_tree(stale));
  }
  return {};
}

Status clone_metadata(const fs::path& from, const fs::path& to) {
  OBJSTORE_TRY(make_directories(to));
  OBJSTORE_ASSIGN(const auto files, list_files(from));
  for (const FileFacts& file : files) {
    OBJSTORE_TRY(is_table(file.name) ? link_or_copy(from / file.name, to / file.name)
                                     : copy_durably(from / file.name, to / file.name));
  }
  return sync_files(to);
}

}  // namespace objstore::storage
