#include "server/storage/segment_catalog.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace objstore::storage {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr std::size_t kIdDigits = 16;
constexpr std::uint64_t kPreallocationShare = 8;

}  // namespace

std::string segment_file_name(std::uint64_t segment) {
  std::string bytes;
  append_u64_be(bytes, segment);
  return to_hex(as_bytes(bytes)).append(kSuffix);
}

std::optional<std::uint64_t> parse_segment_file_name(std::string_view name) {
  if (name.size() != kIdDigits + kSuffix.size() || !name.ends_with(kSuffix)) return std::nullopt;
  std::uint64_t id = 0;
  const char* const end = name.data() + kIdDigits;
  const auto [stop, error] = std::from_chars(name.data(), end, id, 16);
  if (error != std::errc() || stop != end || segment_file_name(id) != name) return std::nullopt;
  return id;
}

SegmentCatalog::SegmentCatalog(Settings settings, SegmentDirectories directories)
    : settings_(settings), directories_(std::move(directories)), next_id_(settings_.first_segment_id) {}

std::string SegmentCatalog::path(DirectoryIndex directory, std::uint64_t segment) const {
  return directories_.path(directory) + "/" + segment_file_name(segment);
}

std::uint64_t SegmentCatalog::next_id() {
  std::lock_guard lock(mutex_);
  return next_id_++;
}

void SegmentCatalog::put(std::uint64_t segment, Entry entry) {
  std::lock_guard lock(mutex_);
  total_bytes_ += entry.written_bytes;
  entries_[segment] = entry;
}

void SegmentCatalog::grow(std::uint64_t segment, std::uint64_t written_bytes) {
  std::lock_guard lock(mutex_);
  Entry& entry = entries_[segment];
  total_bytes_ += written_bytes - entry.written_bytes;
  entry.written_bytes = written_bytes;
}

void SegmentCatalog::seal(std::uint64_t segment, std::uint64_t written_bytes) {
  grow(segment, written_bytes);
  std::lock_guard lock(mutex_);
  entries_[segment].sealed = true;
}

void SegmentCatalog::lose(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return;
  found->second.sealed = true;
  if (!std::exchange(found->second.lost, true)) ++lost_count_;
}

bool SegmentCatalog::lost(std::uint64_t segment) const {
  std::lock_guard lock(mutex_);
  if (lost_count_ == 0) return false;
  const auto found = entries_.find(segment);
  return found != entries_.end() && found->second.lost;
}

void SegmentCatalog::pin(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  ++entries_[segment].pins;
}

void SegmentCatalog::unpin(std::span<const Location> locations) {
  std::lock_guard lock(mutex_);
  for (const Location& location : locations) {
    const auto found = entries_.find(location.segment);
    CHECK(found != entries_.end() && found->second.pins > 0);
    --found->second.pins;
  }
}

std::vector<DirectoryStatus> SegmentCatalog::directory_status() const {
  std::vector<DirectoryStatus> out = directories_.status();
  std::lock_guard lock(mutex_);
  for (const auto& [id, entry] : entries_) {
    ++out[entry.directory].segments;
    out[entry.directory].written_bytes += entry.written_bytes;
  }
  return out;
}

void SegmentCatalog::forget(std::uint64_t segment) {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return;
  total_bytes_ -= found->second.written_bytes;
  entries_.erase(found);
}

std::optional<SegmentCatalog::Entry> SegmentCatalog::find(std::uint64_t segment) const {
  std::lock_guard lock(mutex_);
  const auto found = entries_.find(segment);
  if (found == entries_.end()) return std::nullopt;
  return found->second;
}

std::vector<SegmentInfo> SegmentCatalog::list() const {
  std::lock_guard lock(mutex_);
  std::vector<SegmentInfo> out;
  out.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) {
    out.push_back({id, entry.written_bytes, entry.sealed, entry.pins > 0});
  }
  return out;
}

std::uint64_t SegmentCatalog::preallocation_bytes() const {
  std::lock_guard lock(mutex_);
  return std::min(std::max(total_bytes_ / kPreallocationShare, settings_.preallocation_bytes_min),
                  settings_.segment_bytes_max);
}

}  // namespace objstore::storage
