#include <utility>

#include "common/base/check.h"
#include "server/model/catalog_impl.h"
#include "server/model/content_writer.h"

namespace objstore::model {
namespace {

using storage::Table;

// The bucket as it was when the upload began, for the first try of its commit: the batch states that it still is so.
struct Begun {
  storage::Moment moment;  // before that read and all that follow
  Stored<BucketRow> bucket;
};

Result<Begun> begin(CatalogImpl& catalog, const std::string& bucket_name) {
  const storage::Moment moment = catalog.engine().metadata().moment();
  OBJSTORE_ASSIGN(auto bucket, catalog.bucket_for_write(bucket_name));
  return Begun{moment, std::move(bucket)};
}

class ObjectWriterImpl final : public ObjectWriter {
 public:
  ObjectWriterImpl(CatalogImpl& catalog, ObjectKey key, Begun begun)
      : catalog_(catalog),
        key_(std::move(key)),
        begun_(std::move(begun)),
        content_(std::make_shared<ContentWriter>(catalog.engine(), begun_.bucket.row.domain,
                                                 begun_.bucket.row.info.etag, kInlineBytesMax)) {}

  Status write(ByteView bytes) override { return content_->write(bytes); }
  Room room(std::size_t bytes) override { return content_->room(bytes); }
  void want(BodyDigest::Wants wants) override { content_->want(wants); }
  Result<BodyDigest::Digests> seal() override { return content_->seal(); }
  std::uint64_t size() const override { return content_->size(); }
  Ticket<ObjectInfo> commit(Commit what) override;

 private:
  CatalogImpl& catalog_;
  const ObjectKey key_;
  Begun begun_;
  // Shared with the commit, which may outlive this writer.
  std::shared_ptr<ContentWriter> content_;
};

Ticket<ObjectInfo> ObjectWriterImpl::commit(Commit what) {
  CHECK(content_->sealed());
  CatalogImpl& catalog = catalog_;
  auto build = [&catalog, begun = std::move(begun_), again = false, key = key_, content = content_,
                what = std::move(what)]() mutable -> Result<CatalogImpl::Attempt<ObjectInfo>> {
    if (std::exchange(again, true)) {
      OBJSTORE_ASSIGN(begun, begin(catalog, begun.bucket.row.info.name));
    }
    const Stored<BucketRow>& bucket = begun.bucket;
    OBJSTORE_ASSIGN(const auto current, catalog.read_object(bucket.row.info.id, key.str()));
    OBJSTORE_TRY(CatalogImpl::check(what.condition, current));
    ObjectRow row;
    row.info.key = key.str();
    row.info.size = content->size();
    row.info.etag = content->etag();
    row.info.owner_account = what.owner_account;
    row.info.checksum = what.checksum;
    row.info.attributes = what.attributes;
    catalog.stamp(bucket, row);
    CatalogImpl::Attempt<ObjectInfo> attempt;
    attempt.batch.read_since(begun.moment);
    if (content->inlined()) {
      row.inlined = true;
      attempt.batch.put(Table::kInline, storage::id_key(row.object_id), std::string(as_text(content->inline_bytes())));
    } else if (content->size() > 0) {
      OBJSTORE_ASSIGN(const storage::Extent extent, content->publish(attempt.batch, attempt.lanes));
      row.layout.extents.push_back(extent);
    }
    OBJSTORE_TRY(catalog.replace(attempt.batch, bucket, current, row));
    attempt.value = std::move(row.info);
    return attempt;
  };
  return catalog_.commit<ObjectInfo>(std::move(build)).map([content = content_](Result<ObjectInfo> info) {
    if (info) content->published();
    return info;
  });
}

}  // namespace

Result<std::unique_ptr<ObjectWriter>> CatalogImpl::begin_put(const BucketName& bucket_name, const ObjectKey& key) {
  OBJSTORE_ASSIGN(Begun begun, begin(*this, bucket_name.str()));
  OBJSTORE_TRY(engine_.admit(0));
  return std::make_unique<ObjectWriterImpl>(*this, key, std::move(begun));
}

}  // namespace objstore::model
