// The adapters of the segment port, each as a fixture: store() is the one under test, and the bytes on its disk can be
// seen and damaged.
#pragma once

#include <fstream>
#include <iterator>

#include "server/storage/local_segment_store.h"
#include "server/storage/memory_segment_store.h"
#include "server/storage/segment_catalog.h"
#include "tests/support/temporary_directory.h"

namespace objstore::test {

using Bytes = std::vector<std::byte>;

inline Bytes read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

inline void write_file(const std::string& path, ByteView bytes) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << as_text(bytes);
}

class MemorySegments {
 public:
  static constexpr std::uint64_t kSegmentBytes = 256 << 10;
  storage::SegmentStore& store() { return store_; }
  Bytes bytes(std::uint64_t segment) { return store_.bytes(segment); }
  void set_bytes(std::uint64_t segment, Bytes bytes) { store_.set_bytes(segment, std::move(bytes)); }
  void crash() { store_.lose_unsynced(); }

 private:
  storage::MemorySegmentStore store_{kSegmentBytes};
};

template <bool kDirect>
class LocalSegments {
 public:
  static constexpr std::uint64_t kSegmentBytes = 256 << 10;
  LocalSegments() {
    options_.directory = directory_.path() + "/segments";
    options_.segment_bytes_max = kSegmentBytes;
    options_.preallocation_bytes_min = 64 << 10;
    options_.lane_buffer_bytes = 16 << 10;
    options_.direct_writes = kDirect;
    options_.open_files_max = 4;
    open();
  }

  storage::SegmentStore& store() { return *store_; }
  storage::LocalSegmentOptions& options() { return options_; }
  std::string path(std::uint64_t segment) const {
    return options_.directory + "/" + storage::segment_file_name(segment);
  }
  Bytes bytes(std::uint64_t segment) { return read_file(path(segment)); }
  // In place, so that open descriptors see it.
  void set_bytes(std::uint64_t segment, const Bytes& bytes) {
    std::filesystem::resize_file(path(segment), bytes.size());
    std::fstream out(path(segment), std::ios::binary | std::ios::in | std::ios::out);
    out << as_text(bytes);
  }

  void close() { store_.reset(); }
  void open() {
    auto opened = storage::open_local_segment_store(options_);
    must(opened.has_value());
    store_ = std::move(*opened);
    options_.first_segment_id += 1000;  // for the next run
  }
  // Goes on with the files as a kill -9 would leave them.
  void crash() {
    stop_as_killed();
    open();
  }
  void stop_as_killed() {
    const std::string copy = options_.directory + "-" + std::to_string(++crashes_);
    std::filesystem::copy(options_.directory, copy, std::filesystem::copy_options::recursive);
    store_.reset();
    options_.directory = copy;
  }

 private:
  TemporaryDirectory directory_;
  storage::LocalSegmentOptions options_;
  int crashes_ = 0;
  std::unique_ptr<storage::SegmentStore> store_;
};

using DirectSegments = LocalSegments<true>;
using BufferedSegments = LocalSegments<false>;

#define SEGMENT_TEST(name) TEMPLATE_TEST_CASE(name, "[segments]", MemorySegments, DirectSegments, BufferedSegments)

inline constexpr storage::Lane kSmall = storage::Lane::kSmall;
inline constexpr storage::Lane lane(std::uint8_t number) {
  return static_cast<storage::Lane>(number);
}

// The same bytes for the same number, other ones for another.
inline Bytes payload(std::uint32_t number, std::size_t size) {
  Bytes out(size);
  std::uint64_t state = 0x9e3779b97f4a7c15u * (number + 1);
  for (std::byte& byte : out) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    byte = static_cast<std::byte>(state >> 56);
  }
  return out;
}

inline storage::ChunkRecord record(ByteView stored) {
  storage::ChunkRecord out;
  out.id = sha256(stored);
  out.domain = 7;
  out.raw_size = static_cast<std::uint32_t>(stored.size());
  out.stored = stored;
  return out;
}

// One copy, whose segment is not kept.
inline Result<storage::Location> append_one(storage::SegmentStore& store, storage::Lane to,
                                            const storage::ChunkRecord& what) {
  OBJSTORE_ASSIGN(const auto locations, store.append(to, what));
  must(locations.size() == 1);
  store.unpin(locations);
  return locations.front();
}

inline storage::Location append(storage::SegmentStore& store, storage::Lane to, const Bytes& stored) {
  const auto location = append_one(store, to, record(stored));
  must(location.has_value());
  return *location;
}

// True when the location yields exactly this payload.
inline bool holds(storage::SegmentStore& store, const storage::Location& location, const Bytes& stored) {
  const auto chunk = store.read(location);
  return chunk && chunk->id == sha256(stored) && std::ranges::equal(chunk->bytes.view(), stored);
}

inline std::vector<storage::Location> scan_all(storage::SegmentStore& store, std::uint64_t segment) {
  std::vector<storage::Location> found;
  const Status scanned = store.scan(segment, [&](const storage::SegmentStore::Visited& visited) {
    found.push_back(visited.location);
    return true;
  });
  must(scanned.has_value());
  return found;
}

}  // namespace objstore::test
