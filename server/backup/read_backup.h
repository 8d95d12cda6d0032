// Reading backups: verifying one where it lies, and unpacking one into the files of a store. One thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "server/backup/backup_manifest.h"
#include "server/backup/make_backup.h"

namespace objstore::backup {

struct VerifyReport {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  std::uint64_t records = 0;          // of chunks, intact
  std::uint64_t chunks = 0;           // that the metadata names
  std::vector<std::string> findings;  // what is wrong, a line each, up to kFindingsMax; empty: nothing
  std::uint64_t findings_left_out = 0;
  static constexpr std::size_t kFindingsMax = 1'000;
};

// Reads all of it: sizes, SHA-256, every record of the segments, the metadata, and that each place of a chunk that it
// names is in a segment of this backup. `scratch` is made and removed; it takes the metadata and one segment at a time.
Result<VerifyReport> verify_backup(BackupTarget& target, const BackupManifest& manifest,
                                   const std::filesystem::path& scratch, const Progress& progress);

// Writes metadata and segments into the two directories, which it makes, verified on their way. kCorrupt names the file
// that is not what the manifest says.
Status unpack_backup(BackupTarget& target, const BackupManifest& manifest, const std::filesystem::path& metadata,
                     const std::filesystem::path& segments, const Progress& progress);

}  // namespace objstore::backup
