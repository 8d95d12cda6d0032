// Damage to segments, for every adapter: it is told, and never read as data.
#include <catch2/catch.hpp>

#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::kBlockBytes;
using storage::kRecordHeaderBytes;
using storage::Location;
using Locations = std::vector<Location>;

Location write_one(storage::SegmentStore& store, const Bytes& stored) {
  const Location location = append(store, kSmall, stored);
  must(store.sync(kSmall).has_value());
  return location;
}

void flip(Bytes& bytes, std::uint64_t offset, unsigned bit = 0) {
  bytes[offset] ^= static_cast<std::byte>(1u << bit);
}

SEGMENT_TEST("a flipped bit anywhere in a record is found") {
  TestType adapter;
  const Bytes stored = payload(1, 60);
  const Location location = write_one(adapter.store(), stored);
  const Bytes intact = adapter.bytes(location.segment);
  for (std::uint32_t at = 0; at < location.length; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Bytes damaged = intact;
      flip(damaged, location.offset + at, bit);
      adapter.set_bytes(location.segment, damaged);
      const auto read = adapter.store().read(location);
      INFO("byte " << at << " bit " << bit);
      REQUIRE_FALSE(read);
      REQUIRE(read.error().code == Errc::kCorrupt);
    }
  }
  adapter.set_bytes(location.segment, intact);
  CHECK(holds(adapter.store(), location, stored));
}

SEGMENT_TEST("zeroed and cut off bytes of a record are found") {
  TestType adapter;
  const Location location = write_one(adapter.store(), payload(1, 10000));
  const Bytes intact = adapter.bytes(location.segment);
  Bytes zeroed = intact;
  std::fill_n(zeroed.begin() + 2 * kBlockBytes, kBlockBytes, std::byte{0});
  adapter.set_bytes(location.segment, zeroed);
  CHECK(adapter.store().read(location).error().code == Errc::kCorrupt);
  for (const std::uint64_t size : {location.offset + location.length - 1, location.offset + 100, location.offset + 10,
                                   location.offset, std::uint64_t{0}}) {
    Bytes cut = intact;
    cut.resize(size);
    adapter.set_bytes(location.segment, cut);
    CHECK(adapter.store().read(location).error().code == Errc::kCorrupt);
  }
}

SEGMENT_TEST("a location that names no record yields nothing") {
  TestType adapter;
  const Location good = write_one(adapter.store(), payload(1, 1000));
  const auto refused = [&](Location wrong) {
    const auto read = adapter.store().read(wrong);
    return !read && read.error().code == Errc::kCorrupt;
  };
  CHECK(refused({good.segment, good.offset, good.length - 1}));
  CHECK(refused({good.segment, good.offset, good.length + 1}));
  CHECK(refused({good.segment, good.offset + 1, good.length}));
  CHECK(refused({good.segment, good.offset - 1, good.length}));
  CHECK(refused({good.segment, 0, good.length}));
  CHECK(refused({good.segment, good.offset, 0}));
  CHECK(refused({good.segment, good.offset, 1}));
  CHECK(refused({good.segment, good.offset, std::numeric_limits<std::uint32_t>::max()}));
  CHECK(refused({good.segment, std::numeric_limits<std::uint64_t>::max(), good.length}));
  CHECK(refused({good.segment, std::uint64_t{1} << 62, good.length}));
  CHECK(adapter.store().read({good.segment + 12345, good.offset, good.length}).error().code == Errc::kNotFound);
  // The padding behind the record is an intact record, but no chunk.
  const std::uint64_t pad = good.offset + good.length;
  CHECK(refused({good.segment, pad, static_cast<std::uint32_t>(storage::round_up_to_block(pad) - pad)}));
}

SEGMENT_TEST("records of one segment are not taken for those of another, or of another place") {
  TestType adapter;
  const Bytes stored = payload(1, 5000);
  const Location first = write_one(adapter.store(), stored);
  REQUIRE(adapter.store().seal(kSmall));
  const Location second = write_one(adapter.store(), payload(2, 5000));
  REQUIRE(adapter.store().seal(kSmall));
  const Bytes one = adapter.bytes(first.segment);
  Bytes two = adapter.bytes(second.segment);
  adapter.set_bytes(first.segment, two);
  adapter.set_bytes(second.segment, one);
  CHECK(adapter.store().read(first).error().code == Errc::kCorrupt);
  CHECK(adapter.store().read(second).error().code == Errc::kCorrupt);
  // A block-aligned copy within its own segment.
  Bytes moved = one;
  moved.insert(moved.begin() + kBlockBytes, kBlockBytes, std::byte{0});
  adapter.set_bytes(first.segment, moved);
  CHECK(adapter.store().read({first.segment, first.offset + kBlockBytes, first.length}).error().code == Errc::kCorrupt);
}

SEGMENT_TEST("after a damaged header a scan resumes with the next group") {
  TestType adapter;
  Locations groups;
  for (std::uint32_t i = 0; i < 3; ++i) {
    groups.push_back(append(adapter.store(), kSmall, payload(i, 6000)));
    append(adapter.store(), kSmall, payload(100 + i, 50));  // shares the block in which the first one ends
    REQUIRE(adapter.store().sync(kSmall));
  }
  const std::uint64_t segment = groups[0].segment;
  REQUIRE(scan_all(adapter.store(), segment).size() == 6);
  Bytes damaged = adapter.bytes(segment);
  flip(damaged, groups[1].offset + 5);
  adapter.set_bytes(segment, damaged);
  const Locations found = scan_all(adapter.store(), segment);
  REQUIRE(found.size() == 4);  // without the second group
  CHECK(found[2] == groups[2]);
}

SEGMENT_TEST("a damaged payload costs its own record only") {
  TestType adapter;
  Locations written;
  for (std::uint32_t i = 0; i < 5; ++i) written.push_back(append(adapter.store(), kSmall, payload(i, 3000)));
  REQUIRE(adapter.store().sync(kSmall));
  Bytes damaged = adapter.bytes(written[0].segment);
  flip(damaged, written[2].offset + kRecordHeaderBytes + 17);
  adapter.set_bytes(written[0].segment, damaged);
  Locations expected = written;
  expected.erase(expected.begin() + 2);
  CHECK(scan_all(adapter.store(), written[0].segment) == expected);
}

SEGMENT_TEST("a payload that looks like records is not taken for them") {
  TestType adapter;
  // What somebody could upload who knows the format, has a genuine record at hand and guesses the epoch.
  const Bytes genuine_payload = payload(1, 500);
  const Location genuine = write_one(adapter.store(), genuine_payload);
  const Bytes disk = adapter.bytes(genuine.segment);
  Bytes hostile(10 * kBlockBytes);
  const Bytes evil = payload(66, 200);
  for (std::size_t block = 0; block < 10; ++block) {
    const std::size_t at = block * kBlockBytes + (kBlockBytes - kRecordHeaderBytes);  // on a boundary once it is stored
    if (at + genuine.length > hostile.size()) break;
    if (block % 2 == 0) {
      std::copy_n(disk.begin() + static_cast<std::ptrdiff_t>(genuine.offset), genuine.length,
                  hostile.begin() + static_cast<std::ptrdiff_t>(at));
    } else {
      storage::encode_record_header(storage::describe(record(evil)), {0, (block + 3) * kBlockBytes},
                                    MutableBytes(hostile).subspan(at, kRecordHeaderBytes));
      std::ranges::copy(evil, hostile.begin() + static_cast<std::ptrdiff_t>(at + kRecordHeaderBytes));
    }
  }
  const Location carrier = write_one(adapter.store(), hostile);
  REQUIRE(carrier.offset % kBlockBytes == 0);
  const Location after = write_one(adapter.store(), payload(3, 10));
  Bytes damaged = adapter.bytes(carrier.segment);
  flip(damaged, carrier.offset);  // now the scan has to look inside
  adapter.set_bytes(carrier.segment, damaged);
  CHECK(scan_all(adapter.store(), carrier.segment) == Locations{genuine, after});
}

}  // namespace
}  // namespace objstore::test
