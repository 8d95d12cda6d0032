// The manifest of one backup: what it consists of. docs/formats/backup.md. Values; functions over a target.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "server/backup/backup_target.h"

namespace objstore::backup {

struct BackedSegment {
  std::uint64_t id = 0;
  std::string name;  // in the target: "segments/..."
  std::uint64_t bytes = 0;
  std::string sha256;  // hexadecimal
  bool operator==(const BackedSegment&) const = default;
};

struct BackedFile {
  std::string file;  // its name in the metadata directory
  std::string name;  // in the target: "metadata/..."
  std::uint64_t bytes = 0;
  std::string sha256;
};

struct BackupManifest {
  static constexpr int kFormat = 1;
  std::string id;  // the UTC time; ids sort by time
  std::string store_id;
  std::string store_format;  // content of the store's file `format`
  UnixMillis made_ms = 0;
  std::vector<BackedSegment> segments;
  std::vector<BackedFile> metadata;
};

std::string encode(const BackupManifest& manifest);
// kCorrupt, or kUnsupported for another version.
Result<BackupManifest> decode_backup_manifest(std::string_view text);

// Ids of the backups of a target, the oldest first.
Result<std::vector<std::string>> list_backups(BackupTarget& target);
// The newest when `id` is empty. kNotFound.
Result<BackupManifest> load_backup(BackupTarget& target, const std::string& id);
std::string manifest_name(const std::string& id);

}  // namespace objstore::backup
