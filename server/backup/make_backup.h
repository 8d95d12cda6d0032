// Making a backup: a moment of the metadata and every segment that it names, into a target that may hold earlier ones.
//
// Works on a store that is being served and on one that is not. One thread. Killed at any point, what the target held
// before is as it was, and the next backup takes over what is there already.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "server/backup/backup_manifest.h"
#include "server/backup/backup_target.h"
#include "server/storage/metadata_store.h"
#include "server/storage/removal_gate.h"
#include "server/storage/segment_store.h"

namespace objstore::backup {

struct BackupSource {
  storage::MetadataStore& metadata;
  storage::SegmentStore& segments;
  storage::RemovalGate* gate = nullptr;                    // of a store that is being served
  std::vector<std::filesystem::path> segment_directories;  // where segment files may lie
  std::filesystem::path scratch;                           // is made and removed; on the metadata's disk
  std::string store_id;
  std::string store_format;
  UnixMillis now_ms = 0;
};

// Told from time to time; an error (kCancelled) ends the work.
using Progress = std::function<Status(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

struct BackupReport {
  std::string id;
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;         // of all that the backup consists of
  std::uint64_t copied_bytes = 0;  // that were not in the target yet
  std::uint64_t removed = 0;       // earlier backups
};

// kNoSpace, kIo, and those of the ports and the target.
Result<BackupReport> make_backup(const BackupSource& source, BackupTarget& target, const Progress& progress);

// Removes all but the newest `kept` backups, and then what no backup consists of. Gives how many backups went.
Result<std::uint64_t> prune_backups(BackupTarget& target, std::size_t kept);

}  // namespace objstore::backup
