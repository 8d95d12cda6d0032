#include "server/model/object_survey.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "server/model/model_rows.h"

namespace objstore::model {
namespace {

using storage::Table;

bool any_in(const std::vector<storage::Extent>& extents, const std::set<std::uint64_t>& blobs) {
  return std::ranges::any_of(extents, [&](const storage::Extent& extent) { return blobs.contains(extent.blob); });
}

Result<bool> stands_on(const storage::MetadataReader& metadata, const storage::Layout& layout,
                       const std::set<std::uint64_t>& blobs) {
  if (any_in(layout.extents, blobs)) return true;
  for (std::uint32_t page = 0; page < layout.manifest_pages; ++page) {
    OBJSTORE_ASSIGN(const auto bytes, metadata.get(Table::kManifests, storage::page_key(layout.manifest, page)));
    if (!bytes) return true;
    OBJSTORE_ASSIGN(const auto extents, storage::decode_manifest_page(*bytes));
    if (any_in(extents, blobs)) return true;
  }
  return false;
}

// The key of a row without the bucket's id; without NUL and sequence where it is one of table versions.
std::string_view key_of(Table table, std::string_view row_key) {
  std::string_view key = row_key.substr(std::min(row_key.size(), sizeof(std::uint64_t)));
  return table == Table::kVersions ? key.substr(0, key.find('\0')) : key;
}

Status survey_table(const storage::MetadataReader& metadata, Table table, const BucketRow& bucket,
                    const std::set<std::uint64_t>& blobs, const std::function<void(const SurveyedObject&)>& visit,
                    Survey& survey) {
  const auto cursor = metadata.scan(table, bucket_prefix(bucket.info.id));
  for (; cursor->valid(); cursor->next()) {
    const std::string key(key_of(table, cursor->key()));
    OBJSTORE_ASSIGN(const ObjectRow row, decode_object(key, cursor->value()));
    if (row.info.delete_marker) continue;
    ++survey.objects;
    survey.bytes += row.info.size;
    if (blobs.empty() || row.inlined) continue;
    OBJSTORE_ASSIGN(const bool damaged, stands_on(metadata, row.layout, blobs));
    if (!damaged) continue;
    ++survey.damaged;
    visit({bucket.info.name, key, row.info.version_id, row.info.size});
  }
  return cursor->status();
}

}  // namespace

Result<Survey> survey_objects(const storage::MetadataReader& metadata, const std::set<std::uint64_t>& blobs,
                              const std::function<void(const SurveyedObject&)>& visit) {
  Survey survey;
  const auto cursor = metadata.scan(Table::kBuckets, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(const BucketRow bucket, decode_bucket(cursor->key(), cursor->value()));
    ++survey.buckets;
    for (const Table table : {Table::kObjects, Table::kVersions})
      OBJSTORE_TRY(survey_table(metadata, table, bucket, blobs, visit, survey));
  }
  OBJSTORE_TRY(cursor->status());
  return survey;
}

}  // namespace objstore::model
