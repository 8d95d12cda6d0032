#include "server/model/catalog_impl.h"

namespace objstore::model {

// The version, its bytes and its age stay; only the row's generation says that it was written.
Ticket<ObjectInfo> CatalogImpl::set_tags(const BucketName& bucket_name, const ObjectKey& key,
                                         const VersionChoice& version, NameValues tags) {
  return commit<ObjectInfo>([this, bucket_name, key, version, tags = std::move(tags)]() -> Result<Attempt<ObjectInfo>> {
    OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
    OBJSTORE_ASSIGN(const auto object, existing_object(bucket.row.info.id, key.str(), version));
    ObjectRow row = object.row;
    row.info.attributes.tags = tags;
    row.info.generation = engine_.next_id();
    Attempt<ObjectInfo> attempt;
    expect(attempt.batch, bucket);
    expect(attempt.batch, object);
    attempt.batch.put(object.table, object.row_key, encode(row));
    attempt.value = std::move(row.info);
    return attempt;
  });
}

}  // namespace objstore::model
