#include "server/model/bucket_documents.h"

#include "server/model/catalog_impl.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

namespace {

Status check_size(const std::string& content) {
  if (content.size() <= kBucketDocumentBytesMax) return {};
  return fail(Errc::kTooLarge, "a document of a bucket has at most 256 KiB");
}

}  // namespace

std::string_view to_string(BucketDocument document) noexcept {
  switch (document) {
    case BucketDocument::kPolicy:
      return "policy";
    case BucketDocument::kPublicAccessBlock:
      return "public_access_block";
    case BucketDocument::kOwnershipControls:
      return "ownership_controls";
    case BucketDocument::kTagging:
      return "tagging";
  }
  return {};
}

Status CatalogImpl::put_documents(Batch& batch, std::uint64_t bucket, const BucketDocuments& documents) {
  for (const auto& [document, content] : documents) {
    OBJSTORE_TRY(check_size(content));
    batch.put(Table::kBucketDocuments, bucket_document_key(bucket, document), content);
  }
  return {};
}

Result<std::optional<std::string>> CatalogImpl::get_document(const BucketInfo& bucket, BucketDocument document) {
  return engine_.metadata().get(Table::kBucketDocuments, bucket_document_key(bucket.id, document));
}

Ticket<Done> CatalogImpl::set_document(const BucketName& bucket, BucketDocument document, std::string content) {
  OBJSTORE_TRY(check_size(content));
  return write_document(bucket, document, std::move(content));
}

Ticket<Done> CatalogImpl::remove_document(const BucketName& bucket, BucketDocument document) {
  return write_document(bucket, document, std::nullopt);
}

Ticket<Done> CatalogImpl::write_document(const BucketName& bucket, BucketDocument document,
                                         std::optional<std::string> content) {
  return commit<Done>([this, bucket, document, content = std::move(content)]() -> Result<Attempt<Done>> {
    OBJSTORE_ASSIGN(const auto stored, bucket_for_write(bucket.str()));
    Attempt<Done> attempt;
    expect(attempt.batch, stored);
    std::string key = bucket_document_key(stored.row.info.id, document);
    if (content) {
      attempt.batch.put(Table::kBucketDocuments, std::move(key), *content);
    } else {
      attempt.batch.erase(Table::kBucketDocuments, std::move(key));
    }
    return attempt;
  });
}

// By prefix, so that a document whose name this build does not know goes too.
Status CatalogImpl::erase_documents(Batch& batch, std::uint64_t bucket) {
  const auto cursor = engine_.metadata().scan(Table::kBucketDocuments, bucket_prefix(bucket));
  for (; cursor->valid(); cursor->next()) batch.erase(Table::kBucketDocuments, std::string(cursor->key()));
  return cursor->status();
}

}  // namespace objstore::model
