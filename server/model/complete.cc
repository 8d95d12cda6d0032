// Completion of a multipart upload: strings the parts together and moves no bytes.
#include <utility>

#include "server/model/catalog_impl.h"
#include "server/model/part_check.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

namespace {

// What the parts become, and what is left over.
struct Assembly {
  std::vector<storage::Extent> extents;
  std::vector<storage::Layout> released;  // of parts that are not in the list, and manifests of those that are
  std::vector<storage::Extent> retained;  // extents out of such manifests
};

Result<Assembly> assemble(storage::Engine& engine, const std::vector<PartRow>& stored, const Chosen& chosen) {
  Assembly assembly;
  std::size_t next = 0;
  for (const PartRow& part : stored) {
    const bool listed = next < chosen.parts.size() && chosen.parts[next].number == part.info.number;
    if (!listed) {
      assembly.released.push_back(part.layout);
      continue;
    }
    ++next;
    if (part.layout.manifest == 0) {
      // The part's counts move to the object.
      assembly.extents.insert(assembly.extents.end(), part.layout.extents.begin(), part.layout.extents.end());
    } else {
      OBJSTORE_ASSIGN(const auto inner, engine.extents(part.layout));
      assembly.extents.insert(assembly.extents.end(), inner.begin(), inner.end());
      assembly.retained.insert(assembly.retained.end(), inner.begin(), inner.end());
      assembly.released.push_back(part.layout);
    }
    if (assembly.extents.size() > kExtentsMax) {
      return fail(Errc::kInvalidArgument, "the object would consist of too many pieces");
    }
  }
  return assembly;
}

ObjectRow object_of(const UploadName& name, const UploadRow& upload, const Chosen& chosen) {
  ObjectRow row;
  row.info.key = name.key;
  row.info.size = chosen.size;
  row.info.etag = chosen.etag;
  row.info.owner_account = upload.options.owner_account;
  row.info.checksum = chosen.checksum;
  row.info.parts_count = static_cast<std::uint32_t>(chosen.parts.size());
  row.info.attributes = upload.options.attributes;
  return row;
}

void put_part_list(Batch& batch, const ObjectRow& row, const std::vector<PartInfo>& parts) {
  for (std::size_t first = 0; first < parts.size(); first += kPartsPerListPage) {
    const auto begin = parts.begin() + static_cast<std::ptrdiff_t>(first);
    const auto count = std::min(kPartsPerListPage, parts.size() - first);
    batch.put(Table::kParts, part_list_key(row.object_id, static_cast<std::uint32_t>(first / kPartsPerListPage)),
              encode_part_list({begin, begin + static_cast<std::ptrdiff_t>(count)}));
  }
}

}  // namespace

// First the upload leaves the state "open": from then on no part comes in, and nobody else completes or aborts it.
// Whatever goes wrong afterwards returns it to "open"; so does the next start after a crash.
Ticket<ObjectInfo> CatalogImpl::complete(const BucketName& bucket_name, const ObjectKey& key,
                                         std::string_view upload_id, CompleteOptions options) {
  OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
  const UploadName name{key.str(), std::string(upload_id)};
  const std::string row_key = upload_key(bucket.row.info.id, name.key, name.upload_id);
  OBJSTORE_ASSIGN(const auto seen, read_upload(bucket.row.info.id, name.key, name.upload_id));
  if (seen.row.state == UploadState::kCompleted && seen.row.result) {
    ObjectInfo info = *seen.row.result;
    info.key = name.key;
    return info;
  }
  OBJSTORE_ASSIGN(const auto open, open_upload(bucket.row.info.id, name.key, name.upload_id));
  auto completing = move_upload(row_key, open, UploadState::kCompleting);
  if (!completing && completing.error().code == Errc::kConflict) {
    return fail(Errc::kUnavailable, "somebody else is completing or aborting this upload");
  }
  if (!completing) return std::unexpected(std::move(completing.error()));
  auto published = publish_upload(bucket_name, name, *completing, options);
  if (!published) {
    auto reopened = move_upload(row_key, *completing, UploadState::kOpen);
    if (!reopened && reopened.error().code != Errc::kConflict) return std::unexpected(std::move(reopened.error()));
  }
  return published;
}

Result<ObjectInfo> CatalogImpl::publish_upload(const BucketName& bucket_name, const UploadName& name,
                                               const Stored<UploadRow>& upload, const CompleteOptions& options) {
  OBJSTORE_ASSIGN(const std::vector<PartRow> stored, read_parts(name.upload_id));
  OBJSTORE_ASSIGN(const Chosen chosen, choose_parts(stored, upload.row.options, options));
  OBJSTORE_ASSIGN(const Assembly assembly, assemble(engine_, stored, chosen));
  return commit<ObjectInfo>([&]() -> Result<Attempt<ObjectInfo>> {
           OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
           OBJSTORE_ASSIGN(const auto current, read_object(bucket.row.info.id, name.key));
           OBJSTORE_TRY(check(options.condition, current));
           ObjectRow row = object_of(name, upload.row, chosen);
           stamp(bucket, row);
           Attempt<ObjectInfo> attempt;
           Batch& batch = attempt.batch;
           row.layout = engine_.lay_out(batch, assembly.extents);
           engine_.retain(batch, assembly.retained);
           engine_.release(batch, assembly.released);
           put_part_list(batch, row, chosen.parts);
           for (const PartRow& part : stored)
             batch.erase(Table::kParts, upload_part_key(name.upload_id, part.info.number));
           const std::string row_key = upload_key(bucket.row.info.id, name.key, name.upload_id);
           UploadRow completed = upload.row;
           completed.state = UploadState::kCompleted;
           completed.result = row.info;
           batch.expect(Table::kUploads, row_key, upload.bytes);
           batch.put(Table::kUploads, row_key, encode(completed));
           batch.put(Table::kStore, completed_key(clock_.now_ms(), row_key), "");
           OBJSTORE_TRY(replace(batch, bucket, current, row));
           attempt.value = std::move(row.info);
           return attempt;
         })
      .wait();
}

}  // namespace objstore::model
