// Walks the rows of the catalogue in one state of the tables: for checks, which look at everything. Rows that cannot be
// read are passed over here. The reader outlives it; one thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "server/model/model_rows.h"
#include "server/storage/check.h"

namespace objstore::model {

// Of a row of table objects or versions.
struct ObjectName {
  std::uint64_t bucket = 0;
  std::string_view key;
  std::uint64_t sequence = 0;  // 0 in table objects
};
// kCorrupt.
Result<ObjectName> parse_object_key(storage::Table table, std::string_view row_key);

class CatalogWalk {
 public:
  static Result<CatalogWalk> open(const storage::MetadataReader& metadata, std::function<bool()> cancelled);

  using Visit = std::function<void(std::string_view key, std::string_view value)>;
  // kCancelled, and what the cursor says.
  Status rows(storage::Table table, std::string_view prefix, const Visit& visit) const;
  // Tables objects and versions. A row that cannot be read comes as an error.
  using ObjectVisit = std::function<void(storage::Table, const ObjectName&, const Result<ObjectRow>&)>;
  Status objects(const ObjectVisit& visit) const;
  // Of objects, versions and parts of uploads.
  Status layouts(const storage::LayoutVisitor& visit) const;

  const std::map<std::uint64_t, BucketRow>& buckets() const noexcept { return buckets_; }  // by id
  storage::Owner owner(const ObjectName& name, const ObjectRow& row) const;
  // Looks for the upload, which takes time.
  storage::Owner owner_of_part(std::string_view upload_id, std::uint32_t part) const;
  const storage::MetadataReader& metadata() const noexcept { return *metadata_; }

 private:
  CatalogWalk(const storage::MetadataReader& metadata, std::function<bool()> cancelled)
      : metadata_(&metadata), cancelled_(std::move(cancelled)) {}
  std::string bucket_name(std::uint64_t id) const;

  const storage::MetadataReader* metadata_;
  std::function<bool()> cancelled_;
  std::map<std::uint64_t, BucketRow> buckets_;
};

}  // namespace objstore::model
