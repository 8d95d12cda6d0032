// What every write of a key has in common: what it states about the present rows, and what goes with a row that goes.
//
// All versions of a key are serialised by its current row: an older version comes into being only in a batch that
// replaces the current one, and that batch states what it replaced. So whoever has read the current row and states it
// knows that nothing was added below it; whatever else a batch takes away it states by itself.
#include "server/model/catalog_impl.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

namespace {

bool is_named(const ObjectRow& row, const VersionId& version) {
  return version.is_null() ? row.info.version_id.empty() : row.info.version_id == version.str();
}

Result<std::optional<StoredObject>> read_row(const storage::MetadataReader& reader, Table table, std::string row_key,
                                             std::string_view key) {
  OBJSTORE_ASSIGN(auto bytes, reader.get(table, row_key));
  if (!bytes) return std::optional<StoredObject>();
  OBJSTORE_ASSIGN(ObjectRow row, decode_object(key, *bytes));
  return StoredObject{table, std::move(row_key), std::move(*bytes), std::move(row)};
}

}  // namespace

Result<std::optional<StoredObject>> CatalogImpl::find_object(const storage::MetadataReader& reader,
                                                             std::uint64_t bucket, std::string_view key,
                                                             const VersionChoice& version) {
  OBJSTORE_ASSIGN(auto current, read_row(reader, Table::kObjects, object_key(bucket, key), key));
  if (!current || !version || is_named(current->row, *version)) return current;
  const std::uint64_t sequence = version->is_null() ? current->row.null_sequence : version->sequence();
  OBJSTORE_ASSIGN(auto older, read_row(reader, Table::kVersions, version_key(bucket, key, sequence), key));
  if (older && !is_named(older->row, *version)) older.reset();
  return older;
}

Result<std::optional<StoredObject>> CatalogImpl::read_object(std::uint64_t bucket, std::string_view key,
                                                             const VersionChoice& version) {
  OBJSTORE_ASSIGN(auto found, find_object(engine_.metadata(), bucket, key, version));
  if (found || !version) return found;
  // It may have become the current version between the two reads. A consistent look says whether it is there.
  return find_object(*engine_.metadata().snapshot(), bucket, key, version);
}

Result<StoredObject> CatalogImpl::as_object(std::optional<StoredObject> found, const VersionChoice& version) {
  if (found && !found->row.info.delete_marker) return std::move(*found);
  if (version) return fail(Errc::kNoSuchVersion, "the version does not exist, or is a delete marker");
  return fail(Errc::kNoSuchKey, "the key does not exist");
}

Result<StoredObject> CatalogImpl::existing_object(std::uint64_t bucket, std::string_view key,
                                                  const VersionChoice& version) {
  OBJSTORE_ASSIGN(auto found, read_object(bucket, key, version));
  return as_object(std::move(found), version);
}

void CatalogImpl::stamp(const Stored<BucketRow>& bucket, ObjectRow& row) {
  row.info.generation = engine_.next_id();
  row.sequence = row.info.generation;
  row.object_id = row.info.generation;
  row.info.modified_ms = clock_.now_ms();
  row.info.version_id =
      bucket.row.info.versioning == Versioning::kEnabled ? VersionId::make(row.sequence).str() : std::string();
}

Status CatalogImpl::check(const Condition& condition, const std::optional<StoredObject>& current) {
  if (!condition) return {};
  return condition(current && !current->row.info.delete_marker ? &current->row.info : nullptr);
}

// A row's bytes hold its generation, so equal bytes mean that nobody has written it since.
void CatalogImpl::expect(Batch& batch, const StoredObject& object) {
  batch.expect(object.table, object.row_key, object.bytes);
}

Status CatalogImpl::replace(Batch& batch, const Stored<BucketRow>& bucket, const std::optional<StoredObject>& current,
                            ObjectRow& fresh) {
  const std::uint64_t id = bucket.row.info.id;
  const std::string row_key = object_key(id, fresh.info.key);
  const bool is_null = fresh.info.version_id.empty();
  fresh.null_sequence = 0;
  expect(batch, bucket);
  if (!current) {
    batch.expect_absent(Table::kObjects, row_key);
  } else if (is_null && current->row.info.version_id.empty()) {
    drop(batch, bucket, *current);
  } else {
    expect(batch, *current);
    batch.put(Table::kVersions, version_key(id, fresh.info.key, current->row.sequence), current->bytes);
    const bool null_before = current->row.info.version_id.empty();
    fresh.null_sequence = null_before ? current->row.sequence : current->row.null_sequence;
  }
  if (is_null && fresh.null_sequence != 0) {
    OBJSTORE_ASSIGN(const auto older, read_row(engine_.metadata(), Table::kVersions,
                                               version_key(id, fresh.info.key, fresh.null_sequence), fresh.info.key));
    if (older) drop(batch, bucket, *older);
    fresh.null_sequence = 0;
  }
  batch.put(Table::kObjects, row_key, encode(fresh));
  if (fresh.info.delete_marker) return {};
  batch.add(bucket_bytes_key(id), static_cast<std::int64_t>(fresh.info.size));
  batch.add(bucket_objects_key(id), 1);
  return {};
}

void CatalogImpl::drop(Batch& batch, const Stored<BucketRow>& bucket, const StoredObject& old) {
  const std::uint64_t id = bucket.row.info.id;
  expect(batch, bucket);
  expect(batch, old);
  batch.erase(old.table, old.row_key);
  if (old.row.info.delete_marker) return;
  if (old.row.inlined) batch.erase(Table::kInline, storage::id_key(old.row.object_id));
  for (std::uint32_t page = 0; page < part_list_pages(old.row.info.parts_count); ++page) {
    batch.erase(Table::kParts, part_list_key(old.row.object_id, page));
  }
  engine_.release(batch, old.row.layout);
  batch.add(bucket_bytes_key(id), -static_cast<std::int64_t>(old.row.info.size));
  batch.add(bucket_objects_key(id), -1);
}

Status CatalogImpl::promote(Batch& batch, const Stored<BucketRow>& bucket, const StoredObject& dropped) {
  const std::string& key = dropped.row.info.key;
  const auto cursor = engine_.metadata().scan(Table::kVersions, versions_prefix(bucket.row.info.id, key));
  if (!cursor->valid()) return cursor->status();
  OBJSTORE_ASSIGN(ObjectRow row, decode_object(key, cursor->value()));
  batch.expect(Table::kVersions, std::string(cursor->key()), std::string(cursor->value()));
  batch.erase(Table::kVersions, std::string(cursor->key()));
  row.info.generation = engine_.next_id();
  row.null_sequence = row.info.version_id.empty() ? 0 : dropped.row.null_sequence;
  batch.put(Table::kObjects, dropped.row_key, encode(row));
  return {};
}

}  // namespace objstore::model
