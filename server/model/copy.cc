#include <utility>

#include "server/model/catalog_impl.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

// A row that goes in the batch that replaces its object. When it is missing and the object is still the same, it is
// lost; else the batch will not commit, and the next try sees the new object.
Result<std::string> CatalogImpl::companion(Table table, const std::string& key, const StoredObject& object) {
  OBJSTORE_ASSIGN(auto bytes, engine_.metadata().get(table, key));
  if (bytes) return std::move(*bytes);
  OBJSTORE_ASSIGN(const auto now, engine_.metadata().get(object.table, object.row_key));
  if (now == object.bytes) return fail(Errc::kCorrupt, "a row that belongs to an object is missing");
  return std::string();
}

// Moves no bytes: the copy holds counts of the source's blobs or of its manifest. They cannot go before the batch
// commits, since it states that the source's row still names them.
Ticket<ObjectInfo> CatalogImpl::copy(const CopySource& source, const BucketName& bucket_name, const ObjectKey& key,
                                     CopyOptions options) {
  return commit<ObjectInfo>(
      [this, source, bucket_name, key, options = std::move(options)]() -> Result<Attempt<ObjectInfo>> {
        OBJSTORE_ASSIGN(const auto source_bucket, read_bucket(source.bucket.str()));
        OBJSTORE_ASSIGN(const auto from, existing_object(source_bucket.row.info.id, source.key.str(), source.version));
        OBJSTORE_TRY(check(source.condition, from));
        OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
        OBJSTORE_ASSIGN(const auto current, read_object(bucket.row.info.id, key.str()));
        OBJSTORE_TRY(check(options.condition, current));
        ObjectRow row = from.row;
        row.info.key = key.str();
        row.info.owner_account = options.owner_account;
        NameValues tags = std::move(row.info.attributes.tags);
        if (options.attributes) row.info.attributes = *options.attributes;
        row.info.attributes.tags = options.tags ? *options.tags : std::move(tags);
        stamp(bucket, row);

        Attempt<ObjectInfo> attempt;
        Batch& batch = attempt.batch;
        expect(batch, from);
        if (from.row.inlined) {
          OBJSTORE_ASSIGN(auto bytes, companion(Table::kInline, storage::id_key(from.row.object_id), from));
          batch.put(Table::kInline, storage::id_key(row.object_id), std::move(bytes));
        }
        for (std::uint32_t page = 0; page < part_list_pages(row.info.parts_count); ++page) {
          OBJSTORE_ASSIGN(auto bytes, companion(Table::kParts, part_list_key(from.row.object_id, page), from));
          batch.put(Table::kParts, part_list_key(row.object_id, page), std::move(bytes));
        }
        engine_.retain(batch, row.layout);
        OBJSTORE_TRY(replace(batch, bucket, current, row));
        attempt.value = std::move(row.info);
        return attempt;
      });
}

}  // namespace objstore::model
