// Multipart uploads but for their completion: begin, look, give up.
#include <array>

#include "common/base/bytes.h"
#include "common/base/digest.h"
#include "server/model/catalog_impl.h"
#include "server/model/prefixes.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

namespace {

UploadInfo info_of(const UploadRow& row, std::string key, std::string upload_id) {
  UploadInfo info;
  info.key = std::move(key);
  info.upload_id = std::move(upload_id);
  info.initiated_ms = row.initiated_ms;
  info.owner_account = row.options.owner_account;
  info.checksum_algorithm = row.options.checksum_algorithm;
  info.checksum_composite = row.options.checksum_composite;
  info.storage_class = row.options.attributes.storage_class;
  return info;
}

std::string new_upload_id() {
  std::array<std::byte, 16> random;
  fill_random(random);
  return to_hex(random);
}

constexpr std::size_t kPartsPerBatch = 1000;

}  // namespace

Ticket<UploadInfo> CatalogImpl::create_upload(const BucketName& bucket_name, const ObjectKey& key,
                                              UploadOptions options) {
  return commit<UploadInfo>([this, bucket_name, key, options = std::move(options)]() -> Result<Attempt<UploadInfo>> {
    OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
    UploadRow row;
    row.initiated_ms = clock_.now_ms();
    row.options = options;
    Attempt<UploadInfo> attempt;
    attempt.value = info_of(row, key.str(), new_upload_id());
    expect(attempt.batch, bucket);
    attempt.batch.put(Table::kUploads, upload_key(bucket.row.info.id, key.str(), attempt.value.upload_id), encode(row));
    return attempt;
  });
}

Result<Stored<UploadRow>> CatalogImpl::read_upload(std::uint64_t bucket, std::string_view key,
                                                   std::string_view upload_id) {
  OBJSTORE_ASSIGN(auto bytes, engine_.metadata().get(Table::kUploads, upload_key(bucket, key, upload_id)));
  if (!bytes) return fail(Errc::kNoSuchUpload, "the upload does not exist; it may have been completed or aborted");
  OBJSTORE_ASSIGN(UploadRow row, decode_upload(*bytes));
  return Stored<UploadRow>{std::move(*bytes), std::move(row)};
}

Result<Stored<UploadRow>> CatalogImpl::open_upload(std::uint64_t bucket, std::string_view key,
                                                   std::string_view upload_id) {
  OBJSTORE_ASSIGN(auto upload, read_upload(bucket, key, upload_id));
  switch (upload.row.state) {
    case UploadState::kOpen:
      return upload;
    case UploadState::kCompleting:
      return fail(Errc::kUnavailable, "the upload is just being completed");
    case UploadState::kAborting:
    case UploadState::kCompleted:
      break;
  }
  return fail(Errc::kNoSuchUpload, "the upload was completed or aborted");
}

Result<UploadInfo> CatalogImpl::get_upload(const BucketName& bucket_name, const ObjectKey& key,
                                           std::string_view upload_id) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(const auto upload, open_upload(bucket.row.info.id, key.str(), upload_id));
  return info_of(upload.row, key.str(), std::string(upload_id));
}

Result<std::vector<PartRow>> CatalogImpl::read_parts(std::string_view upload_id) {
  std::vector<PartRow> parts;
  const auto cursor = engine_.metadata().scan(Table::kParts, upload_parts_prefix(upload_id));
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(PartRow part, decode_part(cursor->value()));
    parts.push_back(std::move(part));
  }
  OBJSTORE_TRY(cursor->status());
  return parts;
}

Result<PartPage> CatalogImpl::list_parts(const BucketName& bucket_name, const ObjectKey& key,
                                         std::string_view upload_id, std::uint32_t after, std::size_t max_parts) {
  PartPage page;
  OBJSTORE_ASSIGN(page.upload, get_upload(bucket_name, key, upload_id));
  const auto cursor = engine_.metadata().scan(Table::kParts, upload_parts_prefix(upload_id));
  cursor->seek(upload_part_key(upload_id, after + 1));
  for (; cursor->valid(); cursor->next()) {
    if (page.parts.size() >= max_parts) {
      page.truncated = max_parts > 0;
      break;
    }
    OBJSTORE_ASSIGN(PartRow part, decode_part(cursor->value()));
    page.next_part_number_marker = part.info.number;
    page.parts.push_back(std::move(part.info));
  }
  OBJSTORE_TRY(cursor->status());
  return page;
}

Result<UploadPage> CatalogImpl::list_uploads(const BucketName& bucket_name, const UploadQuery& query) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  const std::string base = bucket_prefix(bucket.row.info.id);
  UploadPage page;
  const auto cursor = engine_.metadata().scan(Table::kUploads, base + query.prefix);
  if (!query.key_marker.empty() && query.key_marker >= query.prefix) {
    cursor->seek(query.upload_id_marker.empty()
                     ? base + first_behind(query.key_marker + '\0', query.prefix, query.delimiter)
                     : upload_key(bucket.row.info.id, query.key_marker, query.upload_id_marker));
  }
  // A marker without a key: everything up to that upload was on the pages before.
  bool passing = query.key_marker.empty() && !query.upload_id_marker.empty();
  std::size_t count = 0;
  while (cursor->valid()) {
    OBJSTORE_ASSIGN(UploadName name, parse_upload_key(cursor->key()));
    OBJSTORE_ASSIGN(const UploadRow row, decode_upload(cursor->value()));
    const bool at_marker = name.upload_id == query.upload_id_marker && (passing || name.key == query.key_marker);
    const bool behind_key = query.key_marker.empty() || name.key > query.key_marker ||
                            (!query.upload_id_marker.empty() && name.upload_id > query.upload_id_marker);
    const bool shown = row.state == UploadState::kOpen || row.state == UploadState::kCompleting;
    if (passing || at_marker || !behind_key || !shown) {
      if (at_marker) passing = false;
      cursor->next();
      continue;
    }
    if (count == query.max_uploads) {
      page.truncated = count > 0;
      break;
    }
    ++count;
    page.next_key_marker = name.key;
    page.next_upload_id_marker = name.upload_id;
    if (const auto common = common_prefix(name.key, query.prefix, query.delimiter)) {
      page.common_prefixes.emplace_back(*common);
      page.next_key_marker = *common;
      page.next_upload_id_marker.clear();
      const auto behind = successor(*common);
      if (!behind) break;
      cursor->seek(base + *behind);
      continue;
    }
    page.uploads.push_back(info_of(row, std::move(name.key), std::move(name.upload_id)));
    cursor->next();
  }
  OBJSTORE_TRY(cursor->status());
  return page;
}

Result<Stored<UploadRow>> CatalogImpl::move_upload(const std::string& row_key, const Stored<UploadRow>& upload,
                                                   UploadState state) {
  Stored<UploadRow> moved{{}, upload.row};
  moved.row.state = state;
  moved.bytes = encode(moved.row);
  Batch batch;
  batch.expect(Table::kUploads, row_key, upload.bytes);
  batch.put(Table::kUploads, row_key, moved.bytes);
  auto done = engine_.committer().submit(std::move(batch), {}).wait();
  if (!done) return std::unexpected(std::move(done.error()));
  return moved;
}

// The upload's row has left the state "open", so no part comes in any more. Parts go in batches, the row with the last.
Status CatalogImpl::erase_upload(const std::string& row_key, std::string_view upload_id, std::string bytes) {
  OBJSTORE_ASSIGN(const std::vector<PartRow> parts, read_parts(upload_id));
  std::size_t next = 0;
  do {
    Batch batch;
    batch.expect(Table::kUploads, row_key, bytes);
    std::vector<storage::Layout> layouts;
    const std::size_t end = std::min(parts.size(), next + kPartsPerBatch);
    for (; next < end; ++next) {
      batch.erase(Table::kParts, upload_part_key(upload_id, parts[next].info.number));
      layouts.push_back(parts[next].layout);
    }
    engine_.release(batch, layouts);
    if (next == parts.size()) batch.erase(Table::kUploads, row_key);
    auto done = engine_.committer().submit(std::move(batch), {}).wait();
    if (!done) return std::unexpected(std::move(done.error()));
  } while (next < parts.size());
  return {};
}

Ticket<Done> CatalogImpl::abort(const BucketName& bucket_name, const ObjectKey& key, std::string_view upload_id) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  const std::string row_key = upload_key(bucket.row.info.id, key.str(), upload_id);
  OBJSTORE_ASSIGN(const auto upload, open_upload(bucket.row.info.id, key.str(), upload_id));
  auto aborting = move_upload(row_key, upload, UploadState::kAborting);
  if (!aborting && aborting.error().code == Errc::kConflict) {
    return fail(Errc::kNoSuchUpload, "the upload has just been completed or aborted");
  }
  if (!aborting) return std::unexpected(std::move(aborting.error()));
  OBJSTORE_TRY(erase_upload(row_key, upload_id, std::move(aborting->bytes)));
  return Done{};
}

Status CatalogImpl::recover() {
  OBJSTORE_TRY(recover_buckets());
  OBJSTORE_TRY(recover_uploads());
  return forget_completed(clock_.now_ms() - std::chrono::milliseconds(kCompletedKept).count());
}

Status CatalogImpl::recover_buckets() {
  std::vector<Stored<BucketRow>> deleting;
  const auto cursor = engine_.metadata().scan(Table::kBuckets, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(BucketRow row, decode_bucket(cursor->key(), cursor->value()));
    if (row.state == BucketState::kDeleting) deleting.push_back({std::string(cursor->value()), std::move(row)});
  }
  OBJSTORE_TRY(cursor->status());
  for (const auto& bucket : deleting) OBJSTORE_TRY(set_bucket_state(bucket, BucketState::kActive));
  return {};
}

Status CatalogImpl::recover_uploads() {
  struct Left {
    std::string row_key;
    Stored<UploadRow> upload;
  };
  std::vector<Left> left;
  const auto cursor = engine_.metadata().scan(Table::kUploads, {});
  for (; cursor->valid(); cursor->next()) {
    OBJSTORE_ASSIGN(UploadRow row, decode_upload(cursor->value()));
    if (row.state != UploadState::kCompleting && row.state != UploadState::kAborting) continue;
    left.push_back({std::string(cursor->key()), {std::string(cursor->value()), std::move(row)}});
  }
  OBJSTORE_TRY(cursor->status());
  for (Left& upload : left) {
    if (upload.upload.row.state == UploadState::kAborting) {
      OBJSTORE_ASSIGN(const UploadName name, parse_upload_key(upload.row_key));
      OBJSTORE_TRY(erase_upload(upload.row_key, name.upload_id, std::move(upload.upload.bytes)));
    } else {
      OBJSTORE_ASSIGN(const auto reopened, move_upload(upload.row_key, upload.upload, UploadState::kOpen));
    }
  }
  return {};
}

// Called at start; a completed upload's row is small, so those of one run may wait for the next.
Status CatalogImpl::forget_completed(UnixMillis before) {
  std::vector<std::string> keys;
  const std::string end = completed_key(before, {});
  const auto cursor = engine_.metadata().scan(Table::kStore, kCompletedPrefix);
  for (; cursor->valid() && cursor->key() < end; cursor->next()) keys.emplace_back(cursor->key());
  OBJSTORE_TRY(cursor->status());
  for (std::size_t next = 0; next < keys.size();) {
    Batch batch;
    for (std::size_t i = 0; i < kPartsPerBatch && next < keys.size(); ++i, ++next) {
      batch.erase(Table::kUploads, keys[next].substr(end.size()));
      batch.erase(Table::kStore, keys[next]);
    }
    auto done = engine_.committer().submit(std::move(batch), {}).wait();
    if (!done) return std::unexpected(std::move(done.error()));
  }
  return {};
}

}  // namespace objstore::model
