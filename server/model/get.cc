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

  Result<ByteRange> part_range(std::uint32_t number) override;

 private:
  storage::Engine& engine_;
  storage::EpochGuard guard_;
  const ObjectRow row_;
  const std::string inline_;
  bool read_ = false;
};

Result<ByteRange> OpenObjectImpl::part_range(std::uint32_t number) {
  if (row_.info.parts_count == 0 && number == 1) return ByteRange{0, row_.info.size};
  ByteRange range;
  for (std::uint32_t page = 0; page < part_list_pages(row_.info.parts_count); ++page) {
    OBJSTORE_ASSIGN(const auto bytes, engine_.metadata().get(Table::kParts, part_list_key(row_.object_id, page)));
    if (!bytes) return fail(Errc::kNoSuchKey, "the object was replaced while it was looked at");
    OBJSTORE_ASSIGN(const auto parts, decode_part_list(*bytes));
    for (const PartInfo& part : parts) {
      if (part.number == number) return ByteRange{range.first, part.size};
      range.first += part.size;
    }
  }
  return fail(Errc::kInvalidPart, "the object has no part with this number");
}

}  // namespace

Result<ObjectInfo> CatalogImpl::head(const BucketName& bucket_name, const ObjectKey& key) {
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  OBJSTORE_ASSIGN(auto object, existing_object(bucket.row.info.id, key.str()));
  return std::move(object.row.info);
}

Result<std::unique_ptr<OpenObject>> CatalogImpl::open_object(const BucketName& bucket_name, const ObjectKey& key) {
  storage::EpochGuard guard = engine_.epochs().enter();
  OBJSTORE_ASSIGN(const auto bucket, read_bucket(bucket_name.str()));
  for (int tries = 0; tries < kInlineTries; ++tries) {
    OBJSTORE_ASSIGN(auto object, existing_object(bucket.row.info.id, key.str()));
    std::string inline_bytes;
    if (object.row.inlined) {
      // An inline row goes in the batch that replaces its object, so it may be gone by now: then there is a newer
      // object.
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
  OBJSTORE_ASSIGN(const auto bytes, snapshot->get(Table::kObjects, object_key(bucket.row.info.id, key.str())));
  if (!bytes) return fail(Errc::kNoSuchKey, "the key does not exist");
  OBJSTORE_ASSIGN(ObjectRow row, decode_object(key.str(), *bytes));
  OBJSTORE_ASSIGN(auto inline_bytes, snapshot->get(Table::kInline, storage::id_key(row.object_id)));
  if (row.inlined && !inline_bytes) return fail(Errc::kCorrupt, "the body of a small object is missing");
  return std::make_unique<OpenObjectImpl>(engine_, std::move(guard), std::move(row), inline_bytes.value_or(""));
}

}  // namespace objstore::model
