#include "server/backup/backup_manifest.h"

#include <algorithm>
#include <boost/json.hpp>

namespace objstore::backup {
namespace {

namespace json = boost::json;

constexpr std::string_view kFolder = "manifests";
constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kManifestBytesMax = std::size_t{512} << 20;

std::string text_of(const json::object& object, std::string_view name) {
  return json::value_to<std::string>(object.at(name));
}

// A name in a target becomes a path: only what this program writes is taken.
bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  });
}

bool is_plain_below(std::string_view name, std::string_view folder) {
  return name.starts_with(folder) && is_plain(name.substr(folder.size()));
}

bool is_sound(const BackupManifest& manifest) {
  return is_plain(manifest.id) &&
         std::ranges::all_of(manifest.segments,
                             [](const auto& one) { return is_plain_below(one.name, "segments/"); }) &&
         std::ranges::all_of(manifest.metadata, [](const auto& one) {
           return is_plain_below(one.name, "metadata/") && is_plain(one.file);
         });
}

}  // namespace

std::string encode(const BackupManifest& manifest) {
  json::array segments;
  for (const auto& one : manifest.segments)
    segments.push_back({{"id", one.id}, {"name", one.name}, {"bytes", one.bytes}, {"sha256", one.sha256}});
  json::array metadata;
  for (const auto& one : manifest.metadata)
    metadata.push_back({{"file", one.file}, {"name", one.name}, {"bytes", one.bytes}, {"sha256", one.sha256}});
  return json::serialize(json::object{{"backup", BackupManifest::kFormat},
                                      {"id", manifest.id},
                                      {"store_id", manifest.store_id},
                                      {"store_format", manifest.store_format},
                                      {"made_ms", manifest.made_ms},
                                      {"segments", std::move(segments)},
                                      {"metadata", std::move(metadata)}}) +
         "\n";
}

Result<BackupManifest> decode_backup_manifest(std::string_view text) {
  BackupManifest manifest;
  try {
    const auto parsed = json::parse(json::string_view(text.data(), text.size()));
    const auto& document = parsed.as_object();
    if (document.at("backup").to_number<int>() != BackupManifest::kFormat)
      return fail(Errc::kUnsupported, "a backup of a version that this objd does not know");
    manifest.id = text_of(document, "id");
    manifest.store_id = text_of(document, "store_id");
    manifest.store_format = text_of(document, "store_format");
    manifest.made_ms = document.at("made_ms").to_number<UnixMillis>();
    for (const auto& value : document.at("segments").as_array()) {
      const auto& one = value.as_object();
      manifest.segments.push_back({one.at("id").to_number<std::uint64_t>(), text_of(one, "name"),
                                   one.at("bytes").to_number<std::uint64_t>(), text_of(one, "sha256")});
    }
    for (const auto& value : document.at("metadata").as_array()) {
      const auto& one = value.as_object();
      manifest.metadata.push_back({text_of(one, "file"), text_of(one, "name"),
                                   one.at("bytes").to_number<std::uint64_t>(), text_of(one, "sha256")});
    }
  } catch (const std::exception&) {
    return fail(Errc::kCorrupt, "no manifest of a backup");
  }
  if (!is_sound(manifest)) return fail(Errc::kCorrupt, "a manifest with names that no backup has");
  return manifest;
}

std::string manifest_name(const std::string& id) {
  return std::string(kFolder) + "/" + id + std::string(kSuffix);
}

Result<std::vector<std::string>> list_backups(BackupTarget& target) {
  OBJSTORE_ASSIGN(const auto names, target.list(std::string(kFolder)));
  std::vector<std::string> ids;
  for (const auto& [name, bytes] : names) {
    if (!name.ends_with(kSuffix)) continue;
    ids.push_back(name.substr(kFolder.size() + 1, name.size() - kFolder.size() - 1 - kSuffix.size()));
  }
  return ids;
}

Result<BackupManifest> load_backup(BackupTarget& target, const std::string& id) {
  std::string wanted = id;
  if (wanted.empty()) {
    OBJSTORE_ASSIGN(const auto ids, list_backups(target));
    if (ids.empty()) return fail(Errc::kNotFound, "there is no backup");
    wanted = ids.back();
  }
  if (!is_plain(wanted)) return fail(Errc::kInvalidArgument, "no id of a backup: " + wanted);
  auto text = get_bytes(target, manifest_name(wanted), kManifestBytesMax);
  if (!text && text.error().code == Errc::kNotFound) return fail(Errc::kNotFound, "there is no backup " + wanted);
  if (!text) return std::unexpected(std::move(text.error()));
  auto manifest = decode_backup_manifest(*text);
  if (!manifest) return fail(manifest.error().code, "backup " + wanted + ": " + manifest.error().message);
  return manifest;
}

}  // namespace objstore::backup
