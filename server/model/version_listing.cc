// The listing of all versions. Each key that has any has a row in table objects, so that table leads, and table
// versions is walked beside it. Both are read from one snapshot: otherwise a version on its way from one to the other
// could be seen twice, or not at all.
#include "server/model/catalog_impl.h"
#include "server/model/prefixes.h"

namespace objstore::model {

using storage::Table;

namespace {

class VersionWalk {
 public:
  VersionWalk(const storage::MetadataReader& reader, const BucketInfo& bucket, const VersionQuery& query)
      : bucket_(bucket.id),
        base_(bucket_prefix(bucket.id)),
        query_(query),
        current_(reader.scan(Table::kObjects, base_ + query.prefix)) {
    if (bucket.versioning != Versioning::kNever) older_ = reader.scan(Table::kVersions, base_ + query.prefix);
  }

  Result<VersionPage> page() {
    OBJSTORE_TRY(start());
    while (current_->valid() && !page_.truncated) {
      const std::string key(current_->key().substr(base_.size()));
      if (const auto common = common_prefix(key, query_.prefix, query_.delimiter)) {
        if (is_full()) break;
        page_.common_prefixes.emplace_back(*common);
        page_.next_key_marker = *common;
        page_.next_version_marker.clear();
        const auto behind = successor(*common);
        if (!behind) break;
        current_->seek(base_ + *behind);
        continue;
      }
      OBJSTORE_TRY(add_key(key, 0));
      if (!page_.truncated) current_->next();
    }
    OBJSTORE_TRY(current_->status());
    if (older_) OBJSTORE_TRY(older_->status());
    if (!page_.truncated) page_.next_key_marker = page_.next_version_marker = "";
    return std::move(page_);
  }

 private:
  // Behind the markers. The rest of the key that a version marker stands in comes first.
  Status start() {
    const std::string& marker = query_.key_marker;
    if (marker.empty() || marker < query_.prefix) return {};
    const bool within = query_.version_marker && !common_prefix(marker, query_.prefix, query_.delimiter);
    if (!within) {
      current_->seek(base_ + first_behind(marker, query_.prefix, query_.delimiter));
      return {};
    }
    current_->seek(base_ + marker);
    if (!current_->valid() || current_->key() != base_ + marker) return {};
    OBJSTORE_ASSIGN(const ObjectRow row, decode_object(marker, current_->value()));
    std::uint64_t before = query_.version_marker->sequence();
    if (query_.version_marker->is_null()) before = row.info.version_id.empty() ? row.sequence : row.null_sequence;
    OBJSTORE_TRY(add_key(marker, before));
    if (!page_.truncated) current_->next();
    return {};
  }

  // The versions of the key that the cursor stands at; with `before`: those of a smaller sequence.
  Status add_key(const std::string& key, std::uint64_t before) {
    OBJSTORE_ASSIGN(ObjectRow row, decode_object(key, current_->value()));
    if (before == 0 || row.sequence < before) add(std::move(row.info), true);
    if (!older_) return {};
    const std::string prefix = versions_prefix(bucket_, key);
    const std::string first = before == 0 ? prefix : version_key(bucket_, key, before - 1);
    if (older_->valid() && older_->key() < first) older_->seek(first);
    for (; older_->valid() && older_->key().starts_with(prefix) && !page_.truncated; older_->next()) {
      OBJSTORE_ASSIGN(ObjectRow older, decode_object(key, older_->value()));
      add(std::move(older.info), false);
    }
    return {};
  }

  void add(ObjectInfo info, bool latest) {
    if (is_full()) return;
    page_.next_key_marker = info.key;
    page_.next_version_marker = info.version_id.empty() ? VersionId::null().str() : info.version_id;
    page_.versions.push_back({std::move(info), latest});
  }

  bool is_full() {
    page_.truncated = page_.versions.size() + page_.common_prefixes.size() >= query_.max_keys;
    return page_.truncated;
  }

  const std::uint64_t bucket_;
  const std::string base_;
  const VersionQuery& query_;
  std::unique_ptr<storage::Cursor> current_;
  std::unique_ptr<storage::Cursor> older_;  // nothing where no key can have older versions
  VersionPage page_;
};

}  // namespace

Result<VersionPage> CatalogImpl::list_versions(const BucketName& bucket_name, const VersionQuery& query) {
  const auto snapshot = engine_.metadata().snapshot();
  OBJSTORE_ASSIGN(const auto bytes, snapshot->get(Table::kBuckets, bucket_name.str()));
  if (!bytes) return fail(Errc::kNoSuchBucket, "the bucket does not exist");
  OBJSTORE_ASSIGN(const BucketRow row, decode_bucket(bucket_name.str(), *bytes));
  if (query.max_keys == 0) return VersionPage{};
  return VersionWalk(*snapshot, row.info, query).page();
}

}  // namespace objstore::model
