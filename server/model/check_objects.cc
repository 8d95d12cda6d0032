#include <fmt/format.h>

#include <map>
#include <set>

#include "common/base/bytes.h"
#include "server/model/catalog_impl.h"
#include "server/model/check_parts.h"

namespace objstore::model {
namespace {

using storage::Finding;
using storage::Findings;
using storage::Severity;
using storage::Table;

struct Totals {
  std::int64_t bytes = 0;
  std::int64_t objects = 0;
};

class ObjectCheck {
 public:
  ObjectCheck(const CatalogWalk& walk, Findings& findings) : walk_(walk), findings_(findings) {}

  Status run() {
    OBJSTORE_TRY(check_buckets());
    Status failed = {};
    OBJSTORE_TRY(walk_.objects([&](Table table, const ObjectName& name, const Result<ObjectRow>& row) {
      if (Status looked = look(table, name, row); !looked && failed) failed = std::move(looked);
    }));
    OBJSTORE_TRY(failed);
    OBJSTORE_TRY(check_counters());
    return check_documents();
  }

 private:
  Status check_buckets();
  Status look(Table table, const ObjectName& name, const Result<ObjectRow>& row);
  void check_body(const ObjectRow& row, const storage::Owner& owner);
  Status check_counters();
  Status check_documents();
  void damaged(std::string kind, std::string message, storage::Owner owner) {
    findings_.add({.kind = std::move(kind),
                   .message = std::move(message),
                   .advice = std::string(storage::kAdviceReport),
                   .owners = {std::move(owner)}});
  }

  const CatalogWalk& walk_;
  Findings& findings_;
  std::map<std::uint64_t, Totals> totals_;  // by bucket
  std::string versioned_key_;               // of the version looked at last, with its bucket
};

Status ObjectCheck::check_buckets() {
  std::set<std::uint64_t> ids;
  return walk_.rows(Table::kBuckets, {}, [&](std::string_view key, std::string_view value) {
    const auto row = decode_bucket(key, value);
    if (!row)
      return damaged("row-unreadable", "the row of the bucket cannot be read: " + row.error().message,
                     {.bucket = std::string(key)});
    if (!ids.insert(row->info.id).second)
      damaged("bucket-id", "the bucket has the same number as another one, so they share their objects",
              {.bucket = std::string(key)});
  });
}

// An older version stands below a current one; without that nobody finds it.
Status ObjectCheck::look(Table table, const ObjectName& name, const Result<ObjectRow>& row) {
  if (!row) {
    damaged("row-unreadable",
            fmt::format("a row of table {} cannot be read: {}", to_string(table), row.error().message),
            walk_.owner(name, {}));
    return {};
  }
  const storage::Owner owner = walk_.owner(name, *row);
  if (!walk_.buckets().contains(name.bucket)) {
    damaged("object-orphan", "the object's bucket does not exist, so it cannot be reached", owner);
    return {};
  }
  if (!row->info.delete_marker) {
    totals_[name.bucket].bytes += static_cast<std::int64_t>(row->info.size);
    ++totals_[name.bucket].objects;
  }
  check_body(*row, owner);
  if (table == Table::kObjects) return {};
  if (row->sequence != name.sequence)
    damaged("version-sequence", "the version lies at a place among the versions that is not its own", owner);
  const std::string current = object_key(name.bucket, name.key);
  if (current == versioned_key_) return {};
  versioned_key_ = current;
  OBJSTORE_ASSIGN(const auto found, walk_.metadata().get(Table::kObjects, current));
  if (!found)
    damaged("version-orphan", "the key has older versions and no current one, so they cannot be reached", owner);
  return {};
}

void ObjectCheck::check_body(const ObjectRow& row, const storage::Owner& owner) {
  const bool laid_out = !row.layout.extents.empty() || row.layout.manifest != 0;
  if (row.info.delete_marker && (laid_out || row.inlined || row.info.size != 0)) {
    damaged("object-body", "a delete marker has a body", owner);
  } else if (row.inlined && laid_out) {
    damaged("object-body", "the body is said to lie in two places", owner);
  } else if (row.inlined && (row.info.size == 0 || row.info.size > kInlineBytesMax)) {
    damaged("object-body", fmt::format("a body of {} bytes is said to lie in the metadata", row.info.size), owner);
  }
}

Status ObjectCheck::check_counters() {
  std::map<std::string, std::pair<std::uint64_t, std::int64_t>, std::less<>> expected;  // key -> bucket, value
  for (const auto& [id, bucket] : walk_.buckets()) {
    expected[bucket_bytes_key(id)] = {id, totals_[id].bytes};
    expected[bucket_objects_key(id)] = {id, totals_[id].objects};
  }
  const auto judge = [&](std::uint64_t bucket, bool bytes, std::int64_t counter, std::int64_t counted) {
    if (counter == counted) return;
    damaged("bucket-counters",
            fmt::format(
                "the bucket is said to have {} {}, and has {}: its figures are wrong, its objects are not concerned",
                counter, bytes ? "bytes" : "objects", counted),
            {.bucket = walk_.buckets().at(bucket).info.name});
  };
  for (const std::string_view prefix : {"u", "n"}) {
    OBJSTORE_TRY(walk_.rows(Table::kCounts, prefix, [&](std::string_view key, std::string_view value) {
      const auto found = expected.find(key);
      if (found == expected.end()) {
        findings_.add({.severity = Severity::kLeak,
                       .kind = "bucket-counters-orphan",
                       .message = "there are figures of a bucket that does not exist",
                       .advice = std::string(storage::kAdviceLeak)});
        return;
      }
      judge(found->second.first, prefix == "u", storage::decode_counter(std::string(value)).value_or(-1),
            found->second.second);
      expected.erase(found);
    }));
  }
  for (const auto& [key, want] : expected) judge(want.first, key.starts_with('u'), 0, want.second);
  return {};
}

Status ObjectCheck::check_documents() {
  return walk_.rows(Table::kBucketDocuments, {}, [&](std::string_view key, std::string_view) {
    if (key.size() > 8 && walk_.buckets().contains(read_u64_be(key.substr(0, 8)))) return;
    findings_.add({.severity = Severity::kLeak,
                   .kind = "document-orphan",
                   .message = "there is a document of a bucket that does not exist",
                   .advice = std::string(storage::kAdviceLeak)});
  });
}

}  // namespace

Status check_objects(const CatalogWalk& walk, Findings& findings) {
  return ObjectCheck(walk, findings).run();
}

}  // namespace objstore::model
