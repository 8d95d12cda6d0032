// Parts of multipart uploads: from a body, and from ranges of other objects.
#include <utility>

#include "common/base/check.h"
#include "common/wire/checksum.h"
#include "server/model/catalog_impl.h"
#include "server/model/content_writer.h"
#include "server/model/extent_ranges.h"

namespace objstore::model {

using storage::Batch;
using storage::Table;

Status CatalogImpl::put_part(Batch& batch, const std::string& upload_row_key, std::string_view upload_id,
                             const Stored<UploadRow>& upload, const PartRow& part) {
  batch.expect(Table::kUploads, upload_row_key, upload.bytes);
  const std::string key = upload_part_key(upload_id, part.info.number);
  OBJSTORE_ASSIGN(const auto old, engine_.metadata().get(Table::kParts, key));
  if (old) {
    OBJSTORE_ASSIGN(const PartRow replaced, decode_part(*old));
    batch.expect(Table::kParts, key, *old);
    engine_.release(batch, replaced.layout);
  } else {
    batch.expect_absent(Table::kParts, key);
  }
  batch.put(Table::kParts, key, encode(part));
  return {};
}

namespace {

Status check_part_number(std::uint32_t number) {
  if (number >= 1 && number <= kPartNumberMax) return {};
  return fail(Errc::kInvalidArgument, "Part number must be an integer between 1 and 10000, inclusive");
}

class PartWriterImpl final : public PartWriter {
 public:
  PartWriterImpl(CatalogImpl& catalog, BucketName bucket, UploadName upload, std::uint32_t number, const BucketRow& row)
      : catalog_(catalog),
        bucket_(std::move(bucket)),
        upload_(std::move(upload)),
        number_(number),
        content_(std::make_shared<ContentWriter>(catalog.engine(), row.domain, row.info.etag, 0)) {}

  Status write(ByteView bytes) override { return content_->write(bytes); }
  Room room(std::size_t bytes) override { return content_->room(bytes); }
  void want(BodyDigest::Wants wants) override { content_->want(wants); }
  Result<BodyDigest::Digests> seal() override { return content_->seal(); }
  std::uint64_t size() const override { return content_->size(); }

  Ticket<PartInfo> commit(std::optional<StoredChecksum> checksum) override {
    CHECK(content_->sealed());
    CatalogImpl& catalog = catalog_;
    auto build = [&catalog, bucket_name = bucket_, name = upload_, number = number_, content = content_,
                  checksum = std::move(checksum)]() -> Result<CatalogImpl::Attempt<PartInfo>> {
      OBJSTORE_ASSIGN(const auto bucket, catalog.bucket_for_write(bucket_name.str()));
      OBJSTORE_ASSIGN(const auto upload, catalog.open_upload(bucket.row.info.id, name.key, name.upload_id));
      CatalogImpl::Attempt<PartInfo> attempt;
      PartRow part;
      part.info = {number, content->size(), content->etag(), catalog.clock().now_ms(), checksum};
      if (content->size() > 0) {
        OBJSTORE_ASSIGN(const storage::Extent extent, content->publish(attempt.batch, attempt.lanes));
        part.layout.extents.push_back(extent);
      }
      OBJSTORE_TRY(catalog.put_part(attempt.batch, upload_key(bucket.row.info.id, name.key, name.upload_id),
                                    name.upload_id, upload, part));
      attempt.value = std::move(part.info);
      return attempt;
    };
    return catalog_.commit<PartInfo>(std::move(build)).map([content = content_](Result<PartInfo> info) {
      if (info) content->published();
      return info;
    });
  }

 private:
  CatalogImpl& catalog_;
  const BucketName bucket_;
  const UploadName upload_;
  const std::uint32_t number_;
  std::shared_ptr<ContentWriter> content_;  // shared with the commit
};

// The MD5 of a range is not known without reading it. Any string will do as a part's ETag as long as equal strings mean
// equal bytes, so this one is made of what the bytes are called.
std::string etag_of(const std::vector<storage::Extent>& extents) {
  std::string name = "copied range";
  for (const storage::Extent& extent : extents) {
    append_u64_be(name, extent.blob);
    append_u64_be(name, extent.offset);
    append_u64_be(name, extent.length);
  }
  return to_hex(md5(as_bytes(name)));
}

bool is_plain_md5(std::string_view etag) {
  return etag.size() == 32;
}

Result<StoredChecksum> checksum_of(Source& source, const std::string& algorithm_name) {
  const auto algorithm = wire::checksum_from_name(algorithm_name);
  if (!algorithm) return fail(Errc::kInvalidArgument, "unknown checksum algorithm " + algorithm_name);
  wire::Checksum checksum(*algorithm);
  while (true) {
    OBJSTORE_ASSIGN(const Buffer piece, source.next());
    if (piece.empty()) break;
    checksum.update(piece.view());
  }
  return StoredChecksum{algorithm_name, checksum.finish_base64(), false};
}

}  // namespace

Result<std::unique_ptr<PartWriter>> CatalogImpl::begin_part(const BucketName& bucket_name, const ObjectKey& key,
                                                            std::string_view upload_id, std::uint32_t number) {
  OBJSTORE_TRY(check_part_number(number));
  OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
  OBJSTORE_ASSIGN(const auto upload, open_upload(bucket.row.info.id, key.str(), upload_id));
  OBJSTORE_TRY(engine_.admit(0));
  return std::make_unique<PartWriterImpl>(*this, bucket_name, UploadName{key.str(), std::string(upload_id)}, number,
                                          bucket.row);
}

// Moves no bytes, but for a source that is small enough to lie inline: that becomes a blob.
Ticket<PartInfo> CatalogImpl::copy_part(const CopySource& source, std::optional<ByteRange> range,
                                        const BucketName& bucket_name, const ObjectKey& key, std::string_view upload_id,
                                        std::uint32_t number) {
  OBJSTORE_TRY(check_part_number(number));
  struct State {
    storage::EpochGuard guard;
    std::shared_ptr<ContentWriter> inlined;
  };
  auto state = std::make_shared<State>(State{engine_.epochs().enter(), nullptr});
  auto build = [this, source, range, bucket_name, key, id = std::string(upload_id), number,
                state]() -> Result<Attempt<PartInfo>> {
    OBJSTORE_ASSIGN(const auto source_bucket, read_bucket(source.bucket.str()));
    OBJSTORE_ASSIGN(const auto from, existing_object(source_bucket.row.info.id, source.key.str(), source.version));
    OBJSTORE_TRY(check(source.condition, from));
    const ByteRange wanted = range.value_or(ByteRange{0, from.row.info.size});
    if (wanted.first > from.row.info.size || wanted.length > from.row.info.size - wanted.first) {
      return fail(Errc::kInvalidRange, "the range lies outside the source object");
    }
    if (wanted.length > kSinglePutBytesMax) return fail(Errc::kTooLarge, "a part may be no larger than 5 GiB");
    OBJSTORE_ASSIGN(const auto bucket, bucket_for_write(bucket_name.str()));
    OBJSTORE_ASSIGN(const auto upload, open_upload(bucket.row.info.id, key.str(), id));

    Attempt<PartInfo> attempt;
    Batch& batch = attempt.batch;
    expect(batch, from);
    PartRow part;
    part.info = {number, wanted.length, {}, clock_.now_ms(), {}};
    std::vector<storage::Extent> extents;
    if (from.row.inlined && wanted.length > 0) {
      OBJSTORE_ASSIGN(const auto bytes, companion(Table::kInline, storage::id_key(from.row.object_id), from));
      state->inlined = std::make_shared<ContentWriter>(engine_, bucket.row.domain, bucket.row.info.etag, 0);
      const auto body = as_bytes(bytes).subspan(0, bytes.size());
      if (body.size() == from.row.info.size) {
        OBJSTORE_TRY(state->inlined->write(
            body.subspan(static_cast<std::size_t>(wanted.first), static_cast<std::size_t>(wanted.length))));
        OBJSTORE_TRY(state->inlined->seal());
        part.info.etag = state->inlined->etag();
        OBJSTORE_ASSIGN(const storage::Extent extent, state->inlined->publish(batch, attempt.lanes));
        part.layout.extents.push_back(extent);
      }
    } else {
      OBJSTORE_ASSIGN(const auto all, engine_.extents(from.row.layout));
      extents = slice(all, wanted);
      engine_.retain(batch, extents);
      const bool whole = wanted.length == from.row.info.size;
      part.info.etag = whole && is_plain_md5(from.row.info.etag) ? from.row.info.etag : etag_of(extents);
      part.layout = engine_.lay_out(batch, extents);
    }
    if (!upload.row.options.checksum_algorithm.empty()) {
      OBJSTORE_ASSIGN(const auto object, open_object(source.bucket, source.key, source.version));
      if (object->info().generation == from.row.info.generation) {
        const auto body = object->read(wanted);
        OBJSTORE_ASSIGN(part.info.checksum, checksum_of(*body, upload.row.options.checksum_algorithm));
      }
    }
    OBJSTORE_TRY(put_part(batch, upload_key(bucket.row.info.id, key.str(), id), id, upload, part));
    attempt.value = std::move(part.info);
    return attempt;
  };
  return commit<PartInfo>(std::move(build));
}

}  // namespace objstore::model
