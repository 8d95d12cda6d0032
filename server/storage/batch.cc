#include <array>
#include <bit>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "server/storage/metadata_store.h"

namespace objstore::storage {
namespace {

constexpr std::array<std::string_view, kTableCount> kTableNames = {
    "store",  "buckets", "objects", "versions", "inline", "manifests", "contents",   "blobs",           "blob_pages",
    "chunks", "counts",  "queue",   "uploads",  "parts",  "segments",  "principals", "bucket_documents"};

constexpr std::size_t kCounterBytes = 8;

}  // namespace

std::string_view to_string(Table table) noexcept {
  return kTableNames[static_cast<std::size_t>(table) % kTableCount];
}

void Batch::expect(Table table, std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  conditions_.push_back({table, std::move(key), std::move(value)});
}

void Batch::expect_absent(Table table, std::string key) {
  bytes_ += key.size();
  conditions_.push_back({table, std::move(key), std::nullopt});
}

void Batch::expect_counter(std::string key, std::int64_t value) {
  bytes_ += key.size() + kCounterBytes;
  counter_conditions_.push_back({std::move(key), value});
}

void Batch::put(Table table, std::string key, std::string value) {
  CHECK(table != Table::kCounts);  // a blind write would undo additions that others have made
  bytes_ += key.size() + value.size();
  writes_.push_back({table, std::move(key), std::move(value)});
}

void Batch::erase(Table table, std::string key) {
  bytes_ += key.size();
  writes_.push_back({table, std::move(key), std::nullopt});
}

void Batch::add(std::string key, std::int64_t delta) {
  bytes_ += key.size() + kCounterBytes;
  additions_.push_back({std::move(key), delta, false});
}

void Batch::start(std::string key, std::int64_t value) {
  bytes_ += key.size() + kCounterBytes;
  additions_.push_back({std::move(key), value, true});
}

void Batch::erase_counter(std::string key) {
  erase(Table::kCounts, std::move(key));
}

std::string encode_counter(std::int64_t value) {
  std::string out;
  append_u64_be(out, std::bit_cast<std::uint64_t>(value));
  return out;
}

Result<std::int64_t> decode_counter(const std::optional<std::string>& stored) {
  if (!stored) return 0;
  if (stored->size() != kCounterBytes) return fail(Errc::kCorrupt, "a counter has not 8 bytes");
  return std::bit_cast<std::int64_t>(read_u64_be(*stored));
}

}  // namespace objstore::storage
