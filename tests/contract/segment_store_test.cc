// The contract of the segment port, for every adapter.
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <csignal>
#include <optional>
#include <set>
#include <type_traits>

#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::Location;
using storage::SegmentInfo;
using Locations = std::vector<Location>;

SEGMENT_TEST("a record is read back as it was appended, once its lane is synced") {
  TestType adapter;
  const Bytes stored = payload(1, 5000);
  storage::ChunkRecord chunk = record(stored);
  chunk.domain = 0xdeadbeef;
  chunk.raw_size = 123456;
  chunk.transforms = {storage::Transform::kZstd, storage::Transform::kZstd};
  const auto location = append_one(adapter.store(), kSmall, chunk);
  REQUIRE(location);
  REQUIRE(adapter.store().sync(kSmall));
  const auto read = adapter.store().read(*location);
  REQUIRE(read);
  CHECK(read->id == chunk.id);
  CHECK(read->domain == chunk.domain);
  CHECK(read->raw_size == chunk.raw_size);
  CHECK(read->transforms == chunk.transforms);
  CHECK(std::ranges::equal(read->bytes.view(), stored));
}

SEGMENT_TEST("a payload in its file is the one that a read gives") {
  TestType adapter;
  const Bytes stored = payload(1, 50'000);
  const Location location = append(adapter.store(), kSmall, stored);
  REQUIRE(adapter.store().sync(kSmall));
  REQUIRE(holds(adapter.store(), location, stored));  // and so it is in memory
  const auto slice = adapter.store().payload_in_file(location);
  REQUIRE(slice.has_value() != std::is_same_v<TestType, MemorySegments>);
  CHECK_FALSE(adapter.store().payload_in_file({location.segment + 1, location.offset, location.length}));
  CHECK_FALSE(adapter.store().payload_in_file({location.segment, std::uint64_t{1} << 40, location.length}));
  CHECK_FALSE(adapter.store().payload_in_file({location.segment, location.offset, 10}));
  if (!slice) return;
  REQUIRE(slice->length == stored.size());
  // The descriptor stays when the segment goes.
  REQUIRE(adapter.store().seal(kSmall));
  REQUIRE(adapter.store().remove(location.segment));
  Bytes seen(slice->length);
  REQUIRE(::pread(slice->descriptor, seen.data(), seen.size(), static_cast<off_t>(slice->offset)) ==
          static_cast<ssize_t>(seen.size()));
  CHECK(seen == stored);
}

SEGMENT_TEST("records of every size come back, across blocks, buffers and segments") {
  TestType adapter;
  std::vector<std::pair<Location, Bytes>> written;
  std::uint32_t number = 0;
  for (const std::size_t size :
       {0, 1, 71, 72, 100, 3951, 3952, 3953, 4023, 4024, 4025, 4096, 16311, 16312, 16313, 100000}) {
    for (const bool synced : {true, false}) {
      Bytes stored = payload(++number, size);
      written.emplace_back(append(adapter.store(), kSmall, stored), stored);
      if (synced) REQUIRE(adapter.store().sync(kSmall));
    }
  }
  REQUIRE(adapter.store().sync(kSmall));
  for (const auto& [location, stored] : written) {
    INFO("size " << stored.size());
    CHECK(holds(adapter.store(), location, stored));
  }
  adapter.crash();
  for (const auto& [location, stored] : written) CHECK(holds(adapter.store(), location, stored));
}

SEGMENT_TEST("a record larger than a segment gets one for itself") {
  TestType adapter;
  const Bytes small = payload(1, 100);
  const Bytes large = payload(2, storage::ChunkRecord::kStoredBytesMax);
  const Location first = append(adapter.store(), kSmall, small);
  const Location second = append(adapter.store(), kSmall, large);
  const Location third = append(adapter.store(), kSmall, small);
  REQUIRE(adapter.store().sync(kSmall));
  CHECK(first.segment != second.segment);
  CHECK(second.segment != third.segment);
  CHECK(holds(adapter.store(), first, small));
  CHECK(holds(adapter.store(), second, large));
  CHECK(holds(adapter.store(), third, small));
}

SEGMENT_TEST("what has not been synced is never read as something else") {
  TestType adapter;
  const Bytes stored = payload(1, 300);
  const Location location = append(adapter.store(), kSmall, stored);
  const auto early = adapter.store().read(location);
  if (early) {
    CHECK(std::ranges::equal(early->bytes.view(), stored));
  } else {
    CHECK(early.error().code == Errc::kCorrupt);
  }
  REQUIRE(adapter.store().sync(kSmall));
  CHECK(holds(adapter.store(), location, stored));
}

SEGMENT_TEST("a crash takes nothing that was synced") {
  TestType adapter;
  const Bytes synced = payload(1, 300);
  const Location kept = append(adapter.store(), kSmall, synced);
  REQUIRE(adapter.store().sync(kSmall));
  const Bytes lost = payload(2, 300);
  const Location maybe = append(adapter.store(), kSmall, lost);
  adapter.crash();
  CHECK(holds(adapter.store(), kept, synced));
  const auto read = adapter.store().read(maybe);
  CHECK((read || read.error().code == Errc::kCorrupt));
  for (const SegmentInfo& info : adapter.store().list()) CHECK(info.sealed);
  // The lane goes on in a segment of its own.
  const Location next = append(adapter.store(), kSmall, lost);
  REQUIRE(adapter.store().sync(kSmall));
  CHECK(next.segment != kept.segment);
  CHECK(holds(adapter.store(), next, lost));
}

SEGMENT_TEST("each lane has its own segment, and the records of one follow each other") {
  TestType adapter;
  std::set<std::uint64_t> segments;
  for (std::uint8_t number = 0; number < storage::kLaneCount; ++number) {
    const Location first = append(adapter.store(), lane(number), payload(number, 100));
    const Location second = append(adapter.store(), lane(number), payload(number, 200));
    REQUIRE(adapter.store().sync(lane(number)));
    CHECK(first.segment == second.segment);
    CHECK(second.offset == first.offset + first.length);
    segments.insert(first.segment);
  }
  CHECK(segments.size() == storage::kLaneCount);
}

SEGMENT_TEST("a group begins at a block boundary after a sync") {
  TestType adapter;
  for (std::size_t size = 3900; size < 4200; size += 13) {
    const Location before = append(adapter.store(), kSmall, payload(1, size));
    REQUIRE(adapter.store().sync(kSmall));
    const Location after = append(adapter.store(), kSmall, payload(2, 10));
    if (after.segment == before.segment) CHECK(after.offset % storage::kBlockBytes == 0);
    REQUIRE(adapter.store().sync(kSmall));
  }
}

SEGMENT_TEST("a sync covers the segments that its lane has left behind") {
  TestType adapter;
  std::vector<std::pair<Location, Bytes>> written;
  for (std::uint32_t i = 0; i < 40; ++i) {
    const Bytes stored = payload(i, 30000);
    written.emplace_back(append(adapter.store(), lane(3), stored), stored);
  }
  REQUIRE(adapter.store().sync(lane(3)));
  adapter.crash();
  std::set<std::uint64_t> segments;
  for (const auto& [location, stored] : written) {
    CHECK(holds(adapter.store(), location, stored));
    CHECK(location.offset + location.length <= TestType::kSegmentBytes);
    segments.insert(location.segment);
  }
  CHECK(segments.size() > 3);
}

SEGMENT_TEST("a synced block is never written again") {
  TestType adapter;
  const Location first = append(adapter.store(), kSmall, payload(1, 1000));
  REQUIRE(adapter.store().sync(kSmall));
  const std::uint64_t end = storage::round_up_to_block(first.offset + first.length);
  Bytes before = adapter.bytes(first.segment);
  before.resize(end);
  append(adapter.store(), kSmall, payload(2, 1000));
  REQUIRE(adapter.store().sync(kSmall));
  REQUIRE(adapter.store().seal(kSmall));
  Bytes after = adapter.bytes(first.segment);
  after.resize(end);
  CHECK(before == after);
}

SEGMENT_TEST("the list tells what is open and how much is written") {
  TestType adapter;
  CHECK(adapter.store().list().empty());
  const Location location = append(adapter.store(), kSmall, payload(1, 10000));
  REQUIRE(adapter.store().sync(kSmall));
  auto list = adapter.store().list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].id == location.segment);
  CHECK_FALSE(list[0].sealed);
  CHECK(list[0].written_bytes >= location.offset + location.length);
  CHECK(list[0].written_bytes % storage::kBlockBytes == 0);
  REQUIRE(adapter.store().seal(kSmall));
  list = adapter.store().list();
  REQUIRE(list.size() == 1);
  CHECK(list[0].sealed);
}

SEGMENT_TEST("sealing an empty lane and syncing one does nothing") {
  TestType adapter;
  CHECK(adapter.store().seal(kSmall));
  CHECK(adapter.store().sync(kSmall));
  CHECK(adapter.store().list().empty());
}

SEGMENT_TEST("a sealed segment is read, and the next append opens another with a higher id") {
  TestType adapter;
  const Bytes stored = payload(1, 4000);
  const Location first = append(adapter.store(), kSmall, stored);
  REQUIRE(adapter.store().seal(kSmall));  // syncs too
  CHECK(holds(adapter.store(), first, stored));
  const Location second = append(adapter.store(), kSmall, stored);
  CHECK(second.segment > first.segment);
}

SEGMENT_TEST("only a sealed segment is removed, and removing it twice is no error") {
  TestType adapter;
  const Bytes stored = payload(1, 4000);
  const Location location = append(adapter.store(), kSmall, stored);
  REQUIRE(adapter.store().sync(kSmall));
  CHECK(adapter.store().remove(location.segment).error().code == Errc::kConflict);
  CHECK(holds(adapter.store(), location, stored));
  REQUIRE(adapter.store().seal(kSmall));
  REQUIRE(adapter.store().remove(location.segment));
  CHECK(adapter.store().read(location).error().code == Errc::kNotFound);
  CHECK(adapter.store().list().empty());
  CHECK(adapter.store().remove(location.segment));
  CHECK(adapter.store().scan(location.segment, [](const auto&) { return true; }).error().code == Errc::kNotFound);
  adapter.crash();
  CHECK(adapter.store().read(location).error().code == Errc::kNotFound);
}

SEGMENT_TEST("a scan visits every synced record in order, with its payload") {
  TestType adapter;
  Locations written;
  for (std::uint32_t i = 0; i < 60; ++i) {
    written.push_back(append(adapter.store(), kSmall, payload(i, i * 97)));
    if (i % 7 == 0) REQUIRE(adapter.store().sync(kSmall));
  }
  REQUIRE(adapter.store().sync(kSmall));
  const std::uint64_t segment = written[0].segment;
  REQUIRE(written.back().segment == segment);
  CHECK(scan_all(adapter.store(), segment) == written);
  std::uint32_t number = 0;
  REQUIRE(adapter.store().scan(segment, [&](const storage::SegmentStore::Visited& visited) {
    CHECK(std::ranges::equal(visited.chunk.bytes.view(), payload(number, number * 97)));
    return ++number < 10;
  }));
  CHECK(number == 10);
  REQUIRE(adapter.store().seal(kSmall));
  CHECK(scan_all(adapter.store(), segment) == written);
}

TEST_CASE("a lane whose sync has failed takes no more, the others go on", "[segments]") {
  storage::MemorySegmentStore store;
  append(store, kSmall, payload(1, 10));
  store.fail_next_sync(kSmall);
  CHECK(store.failure().empty());
  CHECK(store.sync(kSmall).error().code == Errc::kIo);
  CHECK_FALSE(store.failure().empty());
  CHECK(store.sync(kSmall).error().code == Errc::kIo);
  const Bytes stored = payload(2, 10);
  CHECK(append_one(store, kSmall, record(stored)).error().code == Errc::kIo);
  const Location other = append(store, lane(1), stored);
  CHECK(store.sync(lane(1)));
  CHECK(holds(store, other, stored));
}

// The kernel refuses writes above a file size, as a disk that fails would.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    handler_ = std::signal(SIGXFSZ, SIG_IGN);
    must(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    must(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

// Whether the file system has noted that the block at `offset` was written; nothing where it does not say.
std::optional<bool> was_written(const std::string& path, std::uint64_t offset) {
  alignas(fiemap) std::array<std::byte, sizeof(fiemap) + sizeof(fiemap_extent)> bytes{};
  auto* const map = reinterpret_cast<fiemap*>(bytes.data());
  map->fm_start = offset;
  map->fm_length = storage::kBlockBytes;
  map->fm_extent_count = 1;
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(fd >= 0);
  const int result = ::ioctl(fd, FS_IOC_FIEMAP, map);
  ::close(fd);
  if (result != 0) return std::nullopt;
  return map->fm_mapped_extents == 1 && (map->fm_extents[0].fe_flags & FIEMAP_EXTENT_UNWRITTEN) == 0;
}

TEST_CASE("after a small sync the blocks behind it hold zeros, after a large one they are only reserved",
          "[segments]") {
  for (const bool small : {true, false}) {
    DirectSegments adapter;
    const Bytes stored = payload(1, 3000);
    Location last = append(adapter.store(), kSmall, stored);
    for (int i = 0; i < (small ? 0 : 12); ++i) last = append(adapter.store(), kSmall, stored);
    REQUIRE(adapter.store().sync(kSmall));
    const std::uint64_t next = storage::round_up_to_block(last.offset + last.length);
    const auto written = was_written(adapter.path(last.segment), next);
    if (!written) {
      WARN("skipped: this file system does not tell its extents");
      return;
    }
    CHECK(*written == small);
    const Bytes bytes = adapter.bytes(last.segment);
    CHECK(std::all_of(bytes.begin() + static_cast<std::ptrdiff_t>(next), bytes.end(),
                      [](std::byte b) { return b == std::byte{0}; }));
    // Many small ones, over the end of the zeros and of what was reserved.
    std::vector<Location> written_there;
    for (int i = 0; i < 40; ++i) {
      written_there.push_back(append(adapter.store(), kSmall, stored));
      REQUIRE(adapter.store().sync(kSmall));
    }
    adapter.crash();
    for (const Location& location : written_there) CHECK(holds(adapter.store(), location, stored));
  }
}

TEMPLATE_TEST_CASE("a lane of files whose write has failed takes no more, and keeps what was synced", "[segments]",
                   DirectSegments, BufferedSegments) {
  TestType adapter;
  const Bytes stored = payload(1, 1000);
  const Location kept = append(adapter.store(), kSmall, stored);
  REQUIRE(adapter.store().sync(kSmall));
  bool failed = false;
  {
    const FileSizeLimit limit(128 << 10);
    for (int i = 0; i < 200 && !failed; ++i) {
      const auto appended = append_one(adapter.store(), kSmall, record(stored));
      failed = !appended;
      if (failed) CHECK(appended.error().code == Errc::kIo);
    }
  }
  REQUIRE(failed);
  CHECK_FALSE(adapter.store().failure().empty());
  CHECK(append_one(adapter.store(), kSmall, record(stored)).error().code == Errc::kIo);
  CHECK(adapter.store().sync(kSmall).error().code == Errc::kIo);
  CHECK(holds(adapter.store(), kept, stored));
  const Location other = append(adapter.store(), lane(1), stored);
  REQUIRE(adapter.store().sync(lane(1)));
  CHECK(holds(adapter.store(), other, stored));
  adapter.crash();
  CHECK(holds(adapter.store(), kept, stored));
}

}  // namespace
}  // namespace objstore::test
