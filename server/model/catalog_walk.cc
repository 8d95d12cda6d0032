#include "server/model/catalog_walk.h"

#include <fmt/format.h>

#include "common/base/bytes.h"

namespace objstore::model {

using storage::Table;

namespace {

constexpr std::uint64_t kRowsBetweenLooks = 4096;  // at whether it was cancelled
constexpr std::size_t kVersionTail = 9;            // NUL and inverted sequence

}  // namespace

Result<ObjectName> parse_object_key(Table table, std::string_view row_key) {
  const std::size_t tail = table == Table::kVersions ? kVersionTail : 0;
  if (row_key.size() <= 8 + tail) return fail(Errc::kCorrupt, "its key is too short");
  ObjectName name;
  name.bucket = read_u64_be(row_key.substr(0, 8));
  name.key = row_key.substr(8, row_key.size() - 8 - tail);
  if (name.key.contains('\0') || (tail != 0 && row_key[8 + name.key.size()] != '\0'))
    return fail(Errc::kCorrupt, "its key has no form that a key has");
  if (tail != 0) name.sequence = ~read_u64_be(row_key.substr(row_key.size() - 8));
  return name;
}

Result<CatalogWalk> CatalogWalk::open(const storage::MetadataReader& metadata, std::function<bool()> cancelled) {
  CatalogWalk walk(metadata, std::move(cancelled));
  OBJSTORE_TRY(walk.rows(Table::kBuckets, {}, [&](std::string_view key, std::string_view value) {
    if (auto row = decode_bucket(key, value)) walk.buckets_.emplace(row->info.id, std::move(*row));
  }));
  return walk;
}

Status CatalogWalk::rows(Table table, std::string_view prefix, const Visit& visit) const {
  const auto cursor = metadata_->scan(table, prefix);
  for (std::uint64_t rows = 0; cursor->valid(); cursor->next(), ++rows) {
    if (rows % kRowsBetweenLooks == 0 && cancelled_()) return fail(Errc::kCancelled, "the check was stopped");
    visit(cursor->key(), cursor->value());
  }
  return cursor->status();
}

Status CatalogWalk::objects(const ObjectVisit& visit) const {
  for (const Table table : {Table::kObjects, Table::kVersions}) {
    OBJSTORE_TRY(rows(table, {}, [&](std::string_view row_key, std::string_view value) {
      const auto name = parse_object_key(table, row_key);
      if (!name) return visit(table, {0, row_key, 0}, std::unexpected(name.error()));
      visit(table, *name, decode_object(name->key, value));
    }));
  }
  return {};
}

Status CatalogWalk::layouts(const storage::LayoutVisitor& visit) const {
  OBJSTORE_TRY(objects([&](Table, const ObjectName& name, const Result<ObjectRow>& row) {
    if (!row || row->inlined) return;
    visit(row->layout, row->info.size, [&] { return owner(name, *row); });
  }));
  return rows(Table::kParts, "u", [&](std::string_view key, std::string_view value) {
    const auto part = decode_part(value);
    if (!part || key.size() < 5) return;
    visit(part->layout, part->info.size,
          [&] { return owner_of_part(key.substr(1, key.size() - 5), part->info.number); });
  });
}

std::string CatalogWalk::bucket_name(std::uint64_t id) const {
  const auto found = buckets_.find(id);
  return found != buckets_.end() ? found->second.info.name : fmt::format("(bucket {:#x})", id);
}

storage::Owner CatalogWalk::owner(const ObjectName& name, const ObjectRow& row) const {
  return {.bucket = bucket_name(name.bucket), .key = std::string(name.key), .version = row.info.version_id};
}

storage::Owner CatalogWalk::owner_of_part(std::string_view upload_id, std::uint32_t part) const {
  storage::Owner owner{.upload = std::string(upload_id), .part = part};
  const auto cursor = metadata_->scan(Table::kUploads, {});
  for (; cursor->valid(); cursor->next()) {
    const auto name = parse_upload_key(cursor->key());
    if (!name || name->upload_id != upload_id) continue;
    owner.bucket = bucket_name(read_u64_be(cursor->key().substr(0, 8)));
    owner.key = name->key;
    break;
  }
  return owner;
}

}  // namespace objstore::model
