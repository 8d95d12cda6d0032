// A disk that is really full: a small tmpfs, where this test may mount one.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "server/storage/rocksdb_metadata_store.h"
#include "server/storage/space.h"
#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::Location;

// Nothing without the right to mount.
class SmallDisk {
 public:
  explicit SmallDisk(const char* options) {
    mounted_ = ::mount("objstore-test", directory_.path().c_str(), "tmpfs", 0, options) == 0;
    if (!mounted_) WARN("skipped: mounting a tmpfs is not permitted here");
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  const std::string& path() const { return directory_.path(); }

 private:
  TemporaryDirectory directory_;
  bool mounted_ = false;
};

storage::LocalSegmentOptions small_segments(const SmallDisk& disk) {
  storage::LocalSegmentOptions options;
  options.directory = disk.path() + "/segments";
  options.segment_bytes_max = 1 << 20;
  options.preallocation_bytes_min = 128 << 10;
  return options;
}

TEST_CASE("I14: a full disk refuses appends, keeps what is there, and takes more once there is space", "[full]") {
  const SmallDisk disk("size=2m");
  if (!disk.mounted()) return;
  write_file(disk.path() + "/other", Bytes(512 << 10));
  auto store = storage::open_local_segment_store(small_segments(disk));
  REQUIRE(store);
  const Bytes stored = payload(1, 20000);
  std::vector<Location> written;
  Errc refused = Errc::kInternal;
  for (int i = 0; i < 1000; ++i) {
    const auto location = append_one(**store, kSmall, record(stored));
    if (!location) {
      refused = location.error().code;
      break;
    }
    written.push_back(*location);
  }
  CHECK(refused == Errc::kNoSpace);
  CHECK(written.size() > 50);
  REQUIRE((*store)->sync(kSmall));  // what was accepted had its space reserved
  for (const Location& location : written) REQUIRE(holds(**store, location, stored));
  CHECK(append_one(**store, lane(1), record(stored)).error().code == Errc::kNoSpace);

  std::filesystem::remove(disk.path() + "/other");
  written.push_back(append(**store, kSmall, stored));
  written.push_back(append(**store, lane(1), stored));
  REQUIRE((*store)->sync(kSmall));
  REQUIRE((*store)->sync(lane(1)));
  for (const Location& location : written) REQUIRE(holds(**store, location, stored));
}

TEST_CASE("without free inodes a new segment is refused and the open one goes on", "[full]") {
  const SmallDisk disk("size=8m,nr_inodes=5");  // the root, the folder, the probe or a segment, ...
  if (!disk.mounted()) return;
  auto store = storage::open_local_segment_store(small_segments(disk));
  REQUIRE(store);
  const Bytes stored = payload(1, 1000);
  const Location first = append(**store, kSmall, stored);
  for (int i = 0; i < 5; ++i) write_file(disk.path() + "/" + std::to_string(i), {});
  CHECK(append_one(**store, lane(1), record(stored)).error().code == Errc::kNoSpace);
  append(**store, kSmall, stored);
  REQUIRE((*store)->sync(kSmall));
  CHECK(holds(**store, first, stored));
  std::filesystem::remove(disk.path() + "/0");
  append(**store, lane(1), stored);
  CHECK((*store)->sync(lane(1)));
}

TEST_CASE("metadata is not opened on a full disk, where RocksDB would abort", "[full]") {
  const SmallDisk disk("size=8m");
  if (!disk.mounted()) return;
  storage::RocksdbOptions options;
  options.directory = disk.path() + "/meta";
  CHECK(storage::open_rocksdb_metadata_store(options).error().code == Errc::kNoSpace);
}

TEST_CASE("I14: the guard refuses on a disk that fills up and admits once there is space", "[full]") {
  const SmallDisk disk("size=16m");
  if (!disk.mounted()) return;
  const SystemClock clock;
  storage::SpaceOptions options;
  options.directory = disk.path();
  options.reserve_bytes = 4 << 20;
  options.ballast_bytes = 1 << 20;
  const auto guard = storage::SpaceGuard::open(options, clock);
  REQUIRE(guard);
  CHECK((*guard)->admit(1 << 20));
  write_file(disk.path() + "/other", Bytes(12 << 20));
  // Larger than what may be admitted between two looks at the disk: it is asked at once.
  CHECK((*guard)->admit(65 << 20).error().code == Errc::kNoSpace);
  CHECK((*guard)->admit(4096).error().code == Errc::kNoSpace);
  std::filesystem::remove(disk.path() + "/other");
  CHECK((*guard)->admit(65 << 20).error().code == Errc::kNoSpace);
  CHECK((*guard)->admit(4096));
}

TEST_CASE("a disk without space for the ballast still opens", "[full]") {
  const SmallDisk disk("size=1m");
  if (!disk.mounted()) return;
  const SystemClock clock;
  storage::SpaceOptions options;
  options.directory = disk.path();
  options.reserve_bytes = 4096;
  CHECK(storage::SpaceGuard::open(options, clock));
  CHECK_FALSE(std::filesystem::exists(disk.path() + "/ballast"));
}

}  // namespace
}  // namespace objstore::test
