// Removal: of an object, of one of its versions, or only from sight.
#include "server/model/catalog_impl.h"

namespace objstore::model {

namespace {

std::string shown(const std::string& version_id) {
  return version_id.empty() ? "null" : version_id;
}

}  // namespace

Ticket<DeleteResult> CatalogImpl::remove(const BucketName& bucket, const ObjectKey& key, Condition condition,
                                         VersionChoice version) {
  return commit<DeleteResult>([this, bucket, key, condition = std::move(condition), version = std::move(version)] {
    return version ? remove_version(bucket, key, condition, *version) : remove_current(bucket, key, condition);
  });
}

Result<CatalogImpl::Attempt<DeleteResult>> CatalogImpl::remove_current(const BucketName& bucket_name,
                                                                       const ObjectKey& key,
                                                                       const Condition& condition) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(const auto current, read_object(bucket.row.info.id, key.str()));
  OBJSTORE_TRY(check(condition, current));
  Attempt<DeleteResult> attempt;
  attempt.value.existed = current && !current->row.info.delete_marker;
  if (bucket.row.info.versioning == Versioning::kNever) {
    if (current) drop(attempt.batch, bucket, *current);
    return attempt;
  }
  // A marker is something new: not in a bucket that is being deleted. S3 makes one also of a key that never was.
  if (bucket.row.state == BucketState::kDeleting) return fail(Errc::kConflict, "the bucket is being deleted");
  ObjectRow marker;
  marker.info.key = key.str();
  marker.info.delete_marker = true;
  marker.info.owner_account = bucket.row.info.owner_account;
  stamp(bucket, marker);
  OBJSTORE_TRY(replace(attempt.batch, bucket, current, marker));
  attempt.value.delete_marker = true;
  attempt.value.version_id = shown(marker.info.version_id);
  return attempt;
}

Result<CatalogImpl::Attempt<DeleteResult>> CatalogImpl::remove_version(const BucketName& bucket_name,
                                                                       const ObjectKey& key, const Condition& condition,
                                                                       const VersionId& version) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(const auto found, read_object(bucket.row.info.id, key.str(), version));
  OBJSTORE_TRY(check(condition, found));
  Attempt<DeleteResult> attempt;
  attempt.value.version_id = version.str();
  if (!found) return attempt;
  attempt.value.existed = !found->row.info.delete_marker;
  attempt.value.delete_marker = found->row.info.delete_marker;
  drop(attempt.batch, bucket, *found);
  if (found->table == storage::Table::kObjects) OBJSTORE_TRY(promote(attempt.batch, bucket, *found));
  return attempt;
}

}  // namespace objstore::model
