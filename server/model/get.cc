#include <algorithm>
#include <cstring>
#include <utility>

#include "common/base/check.h"
#include "server/model/catalog_impl.h"

namespace objstore::model {
namespace {

using storage::Table;

constexpr int kInlineTries = 8;
constexpr std::size_t kIdleInlineBuffers = 64;

// A body from table inline, or none at all.
class InlineSource final : public Source {
 public:
  explicit InlineSource(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<Buffer> next() override {
    if (bytes_.empty()) return Buffer();
    static BufferPool pool(kInlineBytesMax, kIdleInlineBuffers);
    Buffer buffer = pool.acquire();
    std::memcpy(buffer.storage().data(), bytes_.data(), bytes_.size());
    buffer.set_window(0, bytes_.size());
    bytes_.clear();
    return buffer;
  }

 private:
  std::string bytes_;
};

class OpenObjectImpl final : public OpenObject {
 public:
  OpenObjectImpl(storage::Engine& engine, storage::EpochGuard guard, ObjectRow row, std::string inline_bytes)
      : engine_(engine), guard_(std::move(guard)), row_(std::move(row)), inline_(std::move(inline_bytes)) {}

  const ObjectInfo& info() const override { return row_.info; }

  std::unique_ptr<Source> read(ByteRange range) override {
    CHECK(range.first <= row_.info.size && range.length <= row_.info.size - range.first);
    // The source takes the guard with it: one entered now would not cover names that were looked up before.
    CHECK(!std::exchange(read_, true));
    if (row_.inlined || range.length == 0) {
      return std::make_unique<InlineSource>(
          row_.inlined ? inline_.substr(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.length))
                       : "");
    }
    return engine_.read(std::move(guard_), row_.layout, range.first, range.length);
  }

  Result<std::vector<PartInfo>> parts(std::uint32_t after, std::size_t max) override;
  Result<ByteRange> part_range(std::uint32_t number) override;

 private:
  Result<std::vector<PartInfo>> part_page(std::uint32_t page);

  storage::Engine& engine_;
  storage::EpochGuard guard_;
  const ObjectRow row_;
  const std::string inline_;
  bool read_ = false;
};

Result<std::vector<PartInfo>> OpenObjectImpl::part_page(std::uint32_t page) {
  OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kParts, part_list_key(row_.object_id, page)));
  if (!bytes) return fail(Errc::kNoSuchKey, "the object was replaced while it was looked at");
  return decode_part_list(*bytes);
}

Result<std::vector<PartInfo>> OpenObjectImpl::parts(std::uint32_t after, std::size_t max) {
  std::vector<PartInfo> found;
  for (std::uint32_t page = 0; page < part_list_pages(row_.info.parts_count) && found.size() < max; ++page) {
    OBJSTORE_ASSIGN(std::vector<PartInfo> parts, part_page(page));
    for (PartInfo& part : parts) {
      if (part.number > after && found.size() < max) found.push_back(std::move(part));
    }
  }
  return found;
}

Result<ByteRange> OpenObjectImpl::part_range(std::uint32_t number) {
  if (row_.info.parts_count == 0 && number == 1) return ByteRange{0, row_.info.size};
  ByteRange range;
  for (std::uint32_t page = 0; page < part_list_pages(row_.info.parts_count); ++page) {
    OBJSTORE_ASSIGN(const auto parts, part_page(page));
    for (const PartInfo& part : parts) {
      if (part.number == number) return ByteRange{range.first, part.size};
      range.first += part.size;
    }
  }
  return fail(Errc::kInvalidPart, "the object has no part with this number");
}

}  // namespace

Result<ObjectInfo> CatalogImpl::head(const BucketName& bucket_name, const ObjectKey& key,
                                     const VersionChoice& version) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(auto object, existing_object(bucket.row.info.id, key.str(), version));
  return std::move(object.row.info);
}

Result<ObjectInfo> CatalogImpl::head_or_marker(const BucketName& bucket_name, const ObjectKey& key,
                                               const VersionChoice& version) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(auto found, read_object(bucket.row.info.id, key.str(), version));
  if (found) return std::move(found->row.info);
  return fail(version ? Errc::kNoSuchVersion : Errc::kNoSuchKey, "there is neither an object nor a delete marker");
}

Result<std::unique_ptr<OpenObject>> CatalogImpl::open_object(const BucketName& bucket_name, const ObjectKey& key,
                                                             const VersionChoice& version) {
  storage::EpochGuard guard = engine_.epochs().enter();
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  for (int tries = 0; tries < kInlineTries; ++tries) {
    OBJSTORE_ASSIGN(auto object, existing_object(bucket.row.info.id, key.str(), version));
    std::string inline_bytes;
    if (object.row.inlined) {
      // An inline row goes in the batch that takes its object away, so it may be gone by now: then there is another
      // object, or none.
      OBJSTORE_ASSIGN(auto bytes, engine_.metadata().get(Table::kInline, storage::id_key(object.row.object_id)));
      if (!bytes) continue;
      if (bytes->size() != object.row.info.size)
        return fail(Errc::kCorrupt, "an inline body whose size is not its object's");
      inline_bytes = std::move(*bytes);
    }
    return std::make_unique<OpenObjectImpl>(engine_, std::move(guard), std::move(object.row), std::move(inline_bytes));
  }
  // Either it is replaced faster than it can be read, or its body is lost. A consistent look says which.
  const auto snapshot = engine_.metadata().snapshot();
  OBJSTORE_ASSIGN(auto found, find_object(*snapshot, bucket.row.info.id, key.str(), version));
  OBJSTORE_ASSIGN(StoredObject object, as_object(std::move(found), version));
  OBJSTORE_ASSIGN(auto inline_bytes, snapshot->get(Table::kInline, storage::id_key(object.row.object_id)));
  if (object.row.inlined && !inline_bytes) return fail(Errc::kCorrupt, "the body of a small object is missing");
  return std::make_unique<OpenObjectImpl>(engine_, std::move(guard), std::move(object.row), inline_bytes.value_or(""));
}

}  // namespace objstore::model
