// Backups as the operator asks for them: of the store that this process serves, or of one that nobody serves; verified,
// and restored into a new data directory. docs/operations.md is the runbook.
#pragma once

#include <objstore/error.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/app/config.h"
#include "server/app/data_directory.h"
#include "server/app/jobs.h"
#include "server/app/store.h"
#include "server/backup/make_backup.h"
#include "server/backup/read_backup.h"

namespace objstore::app {

struct BackupRequest {
  std::string place;  // a directory, or s3://BUCKET/PREFIX
  backup::S3Options s3;
  std::size_t keep = 0;  // 0: all
};

// As the query of a request to a running server, and back. kInvalidArgument.
std::string query_of(const BackupRequest& request);
Result<BackupRequest> parse_backup_query(std::string_view query);

// The report is JSON: id, segments, bytes, copied_bytes, removed.
Result<std::string> backup_offline(const Config& config, const BackupRequest& request, const Clock& clock,
                                   const backup::Progress& progress);
// `store` and `clock` outlive the job.
Jobs::Work backup_online(Store& store, const Clock& clock, BackupRequest request);

struct RestoreRequest {
  std::string place;
  backup::S3Options s3;
  std::string id;                                        // empty: the newest
  std::string data;                                      // becomes the data directory
  std::string secret_key_file;                           // empty: none
  std::optional<std::string> secret_key_in_environment;  // OBJD_SECRET_KEY
  bool new_keys = false;                                 // drop the secrets that nobody can open
};

struct RestoreReport {
  backup::BackupManifest manifest;
  std::vector<std::string> dropped_keys;  // "user: access key"
};

// kInvalidArgument: the directory is not empty, or no secret key although the backup has secrets. kCorrupt: the backup
// is damaged. An interrupted restore leaves a directory that is no store; the same call begins anew there.
Result<RestoreReport> restore(const RestoreRequest& request, const Clock& clock, const backup::Progress& progress);

}  // namespace objstore::app
