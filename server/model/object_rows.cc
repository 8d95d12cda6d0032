// What every write of a key has in common: what it states about the present row, and what goes with a row that goes.
#include "server/model/catalog_impl.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

Result<std::optional<Stored<ObjectRow>>> CatalogImpl::read_object(std::uint64_t bucket, std::string_view key) {
  OBJSTORE_ASSIGN(auto bytes, engine_.metadata().get(Table::kObjects, object_key(bucket, key)));
  if (!bytes) return std::optional<Stored<ObjectRow>>();
  OBJSTORE_ASSIGN(ObjectRow row, decode_object(key, *bytes));
  return Stored<ObjectRow>{std::move(*bytes), std::move(row)};
}

Result<Stored<ObjectRow>> CatalogImpl::existing_object(std::uint64_t bucket, std::string_view key) {
  OBJSTORE_ASSIGN(auto object, read_object(bucket, key));
  if (!object || object->row.delete_marker) return fail(Errc::kNoSuchKey, "the key does not exist");
  return std::move(*object);
}

void CatalogImpl::stamp(ObjectRow& row) {
  row.info.generation = engine_.next_id();
  row.sequence = row.info.generation;
  row.object_id = row.info.generation;
  row.info.modified_ms = clock_.now_ms();
}

Status CatalogImpl::check(const Condition& condition, const std::optional<Stored<ObjectRow>>& current) {
  if (!condition) return {};
  return condition(current && !current->row.delete_marker ? &current->row.info : nullptr);
}

// The row's bytes hold its generation, so equal bytes mean that nobody has written the key since.
void CatalogImpl::replace(Batch& batch, const Stored<BucketRow>& bucket, const std::optional<Stored<ObjectRow>>& old,
                          const ObjectRow& fresh) {
  const std::uint64_t id = bucket.row.info.id;
  if (old) {
    drop(batch, bucket, *old);
  } else {
    expect(batch, bucket);
    batch.expect_absent(Table::kObjects, object_key(id, fresh.info.key));
  }
  batch.put(Table::kObjects, object_key(id, fresh.info.key), encode(fresh));
  batch.add(bucket_bytes_key(id), static_cast<std::int64_t>(fresh.info.size));
  batch.add(bucket_objects_key(id), 1);
}

void CatalogImpl::drop(Batch& batch, const Stored<BucketRow>& bucket, const Stored<ObjectRow>& old) {
  const std::uint64_t id = bucket.row.info.id;
  const std::string key = object_key(id, old.row.info.key);
  expect(batch, bucket);
  batch.expect(Table::kObjects, key, old.bytes);
  batch.erase(Table::kObjects, key);
  if (old.row.inlined) batch.erase(Table::kInline, storage::id_key(old.row.object_id));
  for (std::uint32_t page = 0; page < part_list_pages(old.row.info.parts_count); ++page) {
    batch.erase(Table::kParts, part_list_key(old.row.object_id, page));
  }
  engine_.release(batch, old.row.layout);
  batch.add(bucket_bytes_key(id), -static_cast<std::int64_t>(old.row.info.size));
  batch.add(bucket_objects_key(id), -1);
}

Ticket<DeleteResult> CatalogImpl::remove(const BucketName& bucket_name, const ObjectKey& key, Condition condition) {
  return commit<DeleteResult>(
      [this, bucket_name, key, condition = std::move(condition)]() -> Result<Attempt<DeleteResult>> {
        OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
        OBJSTORE_ASSIGN(const auto current, read_object(bucket.row.info.id, key.str()));
        OBJSTORE_TRY(check(condition, current));
        Attempt<DeleteResult> attempt;
        if (!current) return attempt;
        attempt.value.existed = true;
        drop(attempt.batch, bucket, *current);
        return attempt;
      });
}

}  // namespace objstore::model
