// Restoring a backup into a new data directory.
//
// The order makes an interrupted restore harmless: until the last step, a rename, the directory has no file `format`,
// so no server takes it for a store; and the file that is renamed says that a restore may begin anew here.
#include <sys/stat.h>

#include <array>

#include "server/app/backup.h"
#include "server/auth/principal_rows.h"
#include "server/auth/principal_state.h"
#include "server/auth/private_file.h"
#include "server/auth/stored_credentials.h"
#include "server/storage/files.h"
#include "server/storage/index_rebuild.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/segment_file.h"
#include "server/storage/store_lock.h"

namespace objstore::app {
namespace {

namespace fs = std::filesystem;
using storage::Table;

constexpr std::string_view kUnfinished = "format.restoring";

Status check_empty(const fs::path& directory) {
  std::error_code error;
  if (fs::exists(directory / kUnfinished, error)) return {};
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (name == "lock" || name == "lost+found") continue;
    return fail(Errc::kInvalidArgument,
                directory.string() + ": not empty (\"" + name + "\"); a backup is restored into a new directory");
  }
  if (error) return fail(Errc::kIo, directory.string() + ": " + error.message());
  return {};
}

// The rows of access keys whose secrets nobody can open; gives whose they were.
Result<std::vector<std::string>> drop_keys(storage::MetadataStore& metadata) {
  std::vector<std::string> dropped;
  storage::Batch batch;
  const auto cursor = metadata.scan(Table::kPrincipals, auth::kKeyPrefix);
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const auto row, auth::decode_key(cursor->key(), cursor->value()));
    dropped.push_back(row.user_id + ": " + row.access_key);
    batch.erase(Table::kPrincipals, std::string(cursor->key()));
  }
  OBJSTORE_TRY(cursor->status());
  if (!batch.empty()) OBJSTORE_TRY(metadata.commit(std::span(&batch, 1)).front());
  return dropped;
}

// Does the key open what is sealed?
Status check_key(storage::MetadataStore& metadata, const RestoreRequest& request, const fs::path& file,
                 const Clock& clock) {
  OBJSTORE_ASSIGN(
      const auto key,
      auth::load_secret_key({.file = file, .environment = request.secret_key_in_environment, .may_create = false}));
  const auto commit = [](storage::Batch) { return fail(Errc::kInternal, "a restore changes no credentials"); };
  OBJSTORE_TRY(auth::StoredCredentials::open(metadata, commit, clock, auth::SecretBox(key)));
  return {};
}

Result<std::vector<std::string>> settle_keys(storage::MetadataStore& metadata, const RestoreRequest& request,
                                             const fs::path& directory, const Clock& clock) {
  std::vector<std::string> dropped;
  OBJSTORE_ASSIGN(const bool sealed, auth::has_secrets(metadata));
  if (!sealed) return dropped;
  if (request.new_keys) return drop_keys(metadata);
  const fs::path file = directory / "secret-key";
  if (!request.secret_key_file.empty()) {
    OBJSTORE_ASSIGN(const auto content, auth::read_private_file(request.secret_key_file));
    if (!content) return fail(Errc::kNotFound, request.secret_key_file + ": no such file");
    OBJSTORE_TRY(auth::write_private_file(file, *content));
  }
  OBJSTORE_TRY(check_key(metadata, request, file, clock));
  return dropped;
}

}  // namespace

Result<RestoreReport> restore(const RestoreRequest& request, const Clock& clock, const backup::Progress& progress) {
  if (request.secret_key_file.empty() && !request.secret_key_in_environment && !request.new_keys)
    return fail(Errc::kInvalidArgument,
                "a backup does not hold the key that opens the stored secrets: give --secret-key-file FILE (a copy of "
                "the old store's secret-key) or OBJD_SECRET_KEY, or --new-keys to do without the old access keys");
  OBJSTORE_ASSIGN(const auto target, backup::open_target(request.place, request.s3, false));
  RestoreReport report;
  OBJSTORE_ASSIGN(report.manifest, backup::load_backup(*target, request.id));
  OBJSTORE_TRY(parse_format(report.manifest.store_format));
  const fs::path directory(request.data);
  OBJSTORE_TRY(storage::make_directories(directory));
  if (::chmod(directory.c_str(), S_IRWXU) != 0) return fail(Errc::kIo, directory.string() + ": cannot be made private");
  OBJSTORE_TRY(check_empty(directory));
  OBJSTORE_ASSIGN(const auto lock, storage::StoreLock::acquire(directory.string()));
  OBJSTORE_TRY(check_empty(directory));
  OBJSTORE_TRY(storage::replace_file(directory / kUnfinished, report.manifest.store_format));
  OBJSTORE_TRY(
      backup::unpack_backup(*target, report.manifest, directory / "metadata", directory / "segments", progress));
  {
    OBJSTORE_ASSIGN(const auto metadata,
                    storage::open_rocksdb_metadata_store({.directory = (directory / "metadata").string()}));
    OBJSTORE_TRY(storage::check_index_fit(*metadata));
    OBJSTORE_ASSIGN(report.dropped_keys, settle_keys(*metadata, request, directory, clock));
  }
  OBJSTORE_TRY(storage::sync_directory(directory.string()));
  OBJSTORE_TRY(storage::rename_path(directory / kUnfinished, directory / "format"));
  OBJSTORE_TRY(storage::sync_directory(directory.string()));
  return report;
}

}  // namespace objstore::app
