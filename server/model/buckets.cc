#include "server/model/catalog_impl.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

Result<std::unique_ptr<Catalog>> Catalog::open(storage::Engine& engine, Executor& executor, const Clock& clock) {
  auto catalog = std::make_unique<CatalogImpl>(engine, executor, clock);
  OBJSTORE_TRY(catalog->recover());
  return catalog;
}

Result<Stored<BucketRow>> CatalogImpl::read_bucket(std::string_view name) {
  OBJSTORE_ASSIGN(auto bytes, engine_.metadata().get(Table::kBuckets, name));
  if (!bytes) return fail(Errc::kNoSuchBucket, "bucket '" + std::string(name) + "' does not exist");
  OBJSTORE_ASSIGN(BucketRow row, decode_bucket(name, *bytes));
  return Stored<BucketRow>{std::move(*bytes), std::move(row)};
}

Result<Stored<BucketRow>> CatalogImpl::bucket_for_write(std::string_view name) {
  OBJSTORE_ASSIGN(auto bucket, read_bucket(name));
  if (bucket.row.state == BucketState::kDeleting) {
    return fail(Errc::kConflict, "bucket '" + std::string(name) + "' is being deleted");
  }
  return bucket;
}

void CatalogImpl::expect(Batch& batch, const Stored<BucketRow>& bucket) {
  batch.expect(Table::kBuckets, bucket.row.info.name, bucket.bytes);
}

Ticket<Done> CatalogImpl::create_bucket(const BucketName& name, std::string owner_account, std::string region,
                                        BucketOptions options) {
  return commit<Done>([this, name, owner = std::move(owner_account), region = std::move(region),
                       options = std::move(options)]() -> Result<Attempt<Done>> {
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kBuckets, name.str()));
    if (bytes) {
      OBJSTORE_ASSIGN(const BucketRow existing, decode_bucket(name.str(), *bytes));
      if (existing.info.owner_account == owner)
        return fail(Errc::kBucketOwnedByYou, "the bucket exists already and is yours");
      return fail(Errc::kBucketExists, "the bucket name is taken");
    }
    BucketRow row;
    row.info = {.id = engine_.next_id(),
                .name = name.str(),
                .owner_account = owner,
                .region = region,
                .created_ms = clock_.now_ms(),
                .etag = options.etag};
    Attempt<Done> attempt;
    attempt.batch.expect_absent(Table::kBuckets, name.str());
    attempt.batch.put(Table::kBuckets, name.str(), encode(row));
    OBJSTORE_TRY(put_documents(attempt.batch, row.info.id, options.documents));
    return attempt;
  });
}

Result<BucketInfo> CatalogImpl::get_bucket(const BucketName& name) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(name.str()));
  return bucket.row.info;
}

// Every write states that the bucket's row is as it was read, so none is made by a rule that does not hold any more.
Ticket<Done> CatalogImpl::set_versioning(const BucketName& name, Versioning versioning) {
  return commit<Done>([this, name, versioning]() -> Result<Attempt<Done>> {
    OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(name.str()));
    if (versioning == Versioning::kNever) return fail(Errc::kInvalidArgument, "versioning cannot be taken away");
    Attempt<Done> attempt;
    if (bucket.row.info.versioning == versioning) return attempt;
    BucketRow row = bucket.row;
    row.info.versioning = versioning;
    expect(attempt.batch, bucket);
    attempt.batch.put(Table::kBuckets, name.str(), encode(row));
    return attempt;
  });
}

Result<bool> CatalogImpl::bucket_is_empty(std::uint64_t bucket) {
  for (const Table table : {Table::kObjects, Table::kVersions}) {
    const auto cursor = engine_.metadata().scan(table, bucket_prefix(bucket));
    if (cursor->valid()) return false;
    OBJSTORE_TRY(cursor->status());
  }
  return true;
}

Status CatalogImpl::set_bucket_state(const Stored<BucketRow>& bucket, BucketState state) {
  Batch batch;
  expect(batch, bucket);
  BucketRow row = bucket.row;
  row.state = state;
  batch.put(Table::kBuckets, row.info.name, encode(row));
  auto done = engine_.committer().submit(std::move(batch), {}).wait();
  if (!done) return std::unexpected(std::move(done.error()));
  return {};
}

// Every write states that the bucket's row is as it was read. So once the row says "being deleted" nothing comes in any
// more, and an empty bucket stays empty.
Ticket<Done> CatalogImpl::delete_bucket(const BucketName& name) {
  OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(name.str()));
  OBJSTORE_ASSIGN(const bool looks_empty, bucket_is_empty(bucket.row.info.id));
  if (!looks_empty) return fail(Errc::kBucketNotEmpty, "the bucket is not empty");
  OBJSTORE_TRY(set_bucket_state(bucket, BucketState::kDeleting));
  OBJSTORE_ASSIGN(const auto deleting, read_bucket(name.str()));
  OBJSTORE_ASSIGN(const bool empty, bucket_is_empty(bucket.row.info.id));
  if (!empty) {
    OBJSTORE_TRY(set_bucket_state(deleting, BucketState::kActive));
    return fail(Errc::kBucketNotEmpty, "the bucket is not empty");
  }
  // Uploads that nobody completed go with their bucket, as in S3.
  const auto cursor = engine_.metadata().scan(Table::kUploads, bucket_prefix(bucket.row.info.id));
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const UploadName upload, parse_upload_key(cursor->key()));
    OBJSTORE_TRY(erase_upload(std::string(cursor->key()), upload.upload_id, std::string(cursor->value())));
  }
  OBJSTORE_TRY(cursor->status());
  Batch batch;
  expect(batch, deleting);
  batch.erase(Table::kBuckets, name.str());
  OBJSTORE_TRY(erase_documents(batch, bucket.row.info.id));
  batch.erase_counter(bucket_bytes_key(bucket.row.info.id));
  batch.erase_counter(bucket_objects_key(bucket.row.info.id));
  return engine_.committer().submit(std::move(batch), {});
}

Result<Catalog::BucketPage> CatalogImpl::list_buckets(const BucketQuery& query) {
  BucketPage page;
  const auto cursor = engine_.metadata().scan(Table::kBuckets, query.prefix);
  if (!query.after.empty()) cursor->seek(query.after + '\0');
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(BucketRow row, decode_bucket(cursor->key(), cursor->value()));
    if (row.info.owner_account != query.owner_account) continue;
    if (page.buckets.size() == query.max_buckets) {
      page.truncated = true;
      break;
    }
    page.buckets.push_back(std::move(row.info));
  }
  OBJSTORE_TRY(cursor->status());
  return page;
}

Result<Catalog::Totals> CatalogImpl::totals() {
  Totals totals;
  const auto cursor = engine_.metadata().scan(Table::kBuckets, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const BucketRow row, decode_bucket(cursor->key(), cursor->value()));
    const std::vector<std::string> keys = {bucket_bytes_key(row.info.id), bucket_objects_key(row.info.id)};
    OBJSTORE_ASSIGN(const auto counters, engine_.metadata().multi_get(Table::kCounts, keys));
    OBJSTORE_ASSIGN(const std::int64_t bytes, storage::decode_counter(counters[0]));
    OBJSTORE_ASSIGN(const std::int64_t objects, storage::decode_counter(counters[1]));
    ++totals.buckets;
    totals.logical_bytes += static_cast<std::uint64_t>(bytes);
    totals.objects += static_cast<std::uint64_t>(objects);
  }
  OBJSTORE_TRY(cursor->status());
  return totals;
}

}  // namespace objstore::model
