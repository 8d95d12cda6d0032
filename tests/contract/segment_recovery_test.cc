// What the local segment store finds when it is opened: after a clean stop, a crash, and damage.
#include <xxhash.h>

#include <catch2/catch.hpp>

#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::kBlockBytes;
using storage::Location;
namespace fs = std::filesystem;

struct Written {
  Location location;
  Bytes stored;
};

std::vector<Written> write_groups(storage::SegmentStore& store, std::uint32_t groups) {
  std::vector<Written> written;
  for (std::uint32_t i = 0; i < groups; ++i) {
    for (std::uint32_t j = 0; j < 3; ++j) {
      Bytes stored = payload(i * 3 + j, 100 + 900 * i);
      written.push_back({append(store, kSmall, stored), std::move(stored)});
    }
    must(store.sync(kSmall).has_value());
  }
  return written;
}

TEST_CASE("a clean stop trims and seals, and everything is there afterwards", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 5);
  const std::uint64_t segment = written[0].location.segment;
  CHECK(fs::file_size(adapter.path(segment)) >= 64u << 10);  // preallocated
  adapter.close();
  const std::uint64_t end = storage::round_up_to_block(written.back().location.offset + written.back().location.length);
  CHECK(fs::file_size(adapter.path(segment)) == end + kBlockBytes);
  adapter.open();
  for (const Written& one : written) CHECK(holds(adapter.store(), one.location, one.stored));
  CHECK(adapter.store().list()[0].sealed);
  CHECK(adapter.store().list()[0].written_bytes == end + kBlockBytes);
}

TEST_CASE("after a crash open segments are cut behind their last record and sealed", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 5);
  adapter.crash();
  const std::uint64_t segment = written[0].location.segment;
  const std::uint64_t end = storage::round_up_to_block(written.back().location.offset + written.back().location.length);
  CHECK(fs::file_size(adapter.path(segment)) == end + kBlockBytes);
  CHECK(scan_all(adapter.store(), segment).size() == written.size());
  adapter.close();
  adapter.open();  // and that is how it stays
  for (const Written& one : written) CHECK(holds(adapter.store(), one.location, one.stored));
}

// Everything in front of `cut` is intact, nothing behind it is read as something else.
void check_after_cut(DirectSegments& adapter, const std::vector<Written>& written, std::uint64_t cut) {
  INFO("cut at " << cut);
  for (const Written& one : written) {
    const bool whole = one.location.offset + one.location.length <= cut;
    const auto read = adapter.store().read(one.location);
    if (whole) REQUIRE(read);
    if (read) REQUIRE(std::ranges::equal(read->bytes.view(), one.stored));
    if (!read) REQUIRE(read.error().code == Errc::kCorrupt);
  }
}

TEST_CASE("a tail that is torn anywhere costs nothing in front of it", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 4);
  const std::uint64_t segment = written[0].location.segment;
  const std::uint64_t end = written.back().location.offset + written.back().location.length;
  adapter.stop_as_killed();
  const Bytes intact = adapter.bytes(segment);
  for (std::uint64_t cut = kBlockBytes; cut < end + kBlockBytes; cut += 331) {
    Bytes shorter = intact;
    shorter.resize(cut);
    adapter.set_bytes(segment, shorter);
    adapter.open();
    check_after_cut(adapter, written, cut);
    adapter.close();

    Bytes garbage = intact;
    const Bytes noise = payload(static_cast<std::uint32_t>(cut), intact.size() - cut);
    std::ranges::copy(noise, garbage.begin() + static_cast<std::ptrdiff_t>(cut));
    adapter.set_bytes(segment, garbage);
    adapter.open();
    check_after_cut(adapter, written, cut);
    adapter.close();
  }
}

TEST_CASE("a damaged record in front does not cost the acknowledged ones behind it at recovery", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 4);
  adapter.stop_as_killed();
  Bytes damaged = adapter.bytes(written[0].location.segment);
  damaged[written[3].location.offset] ^= std::byte{1};
  adapter.set_bytes(written[0].location.segment, damaged);
  adapter.open();
  CHECK_FALSE(holds(adapter.store(), written[3].location, written[3].stored));
  for (const std::size_t i : {0u, 1u, 2u, 6u, 7u, 8u, 9u, 10u, 11u}) {
    CHECK(holds(adapter.store(), written[i].location, written[i].stored));
  }
}

TEST_CASE("a sealed segment survives the loss of its header, its footer stands in", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 3);
  adapter.close();
  const std::uint64_t segment = written[0].location.segment;
  Bytes damaged = adapter.bytes(segment);
  std::fill_n(damaged.begin(), kBlockBytes, std::byte{0});
  adapter.set_bytes(segment, damaged);
  adapter.open();
  for (const Written& one : written) CHECK(holds(adapter.store(), one.location, one.stored));
}

TEST_CASE("a sealed segment survives the loss of its footer", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 3);
  adapter.close();
  const std::uint64_t segment = written[0].location.segment;
  Bytes damaged = adapter.bytes(segment);
  damaged[damaged.size() - 1] ^= std::byte{1};
  adapter.set_bytes(segment, damaged);
  adapter.open();
  for (const Written& one : written) CHECK(holds(adapter.store(), one.location, one.stored));
  CHECK(adapter.bytes(segment).size() == damaged.size());
}

TEST_CASE("a segment without header and footer is kept, and told as damaged", "[recovery]") {
  DirectSegments adapter;
  const auto written = write_groups(adapter.store(), 3);
  adapter.stop_as_killed();
  const std::uint64_t segment = written[0].location.segment;
  Bytes damaged = adapter.bytes(segment);
  damaged[20] ^= std::byte{1};
  adapter.set_bytes(segment, damaged);
  adapter.open();
  CHECK(adapter.store().read(written[0].location).error().code == Errc::kCorrupt);
  CHECK(adapter.store().scan(segment, [](const auto&) { return true; }).error().code == Errc::kCorrupt);
  CHECK(adapter.bytes(segment) == damaged);
  REQUIRE(adapter.store().list().size() == 1);
  CHECK(adapter.store().remove(segment));
}

TEST_CASE("segments that were exchanged are told as damaged", "[recovery]") {
  DirectSegments adapter;
  const Bytes stored = payload(1, 3000);
  const Location first = append(adapter.store(), kSmall, stored);
  const Location second = append(adapter.store(), lane(1), stored);
  adapter.close();
  const Bytes one = adapter.bytes(first.segment);
  adapter.set_bytes(first.segment, adapter.bytes(second.segment));
  adapter.set_bytes(second.segment, one);
  adapter.open();
  CHECK(adapter.store().read(first).error().code == Errc::kCorrupt);
  CHECK(adapter.store().read(second).error().code == Errc::kCorrupt);
}

TEST_CASE("what a crash during creation leaves is removed, and foreign files are left alone", "[recovery]") {
  DirectSegments adapter;
  adapter.close();
  write_file(adapter.path(7), {});
  write_file(adapter.path(8), Bytes(100000));
  const std::string foreign = adapter.options().directory + "/notes.txt";
  const std::string almost = adapter.options().directory + "/7.seg";
  write_file(foreign, payload(1, 10));
  write_file(almost, payload(1, 10));
  adapter.open();
  CHECK(adapter.store().list().empty());
  CHECK_FALSE(fs::exists(adapter.path(7)));
  CHECK_FALSE(fs::exists(adapter.path(8)));
  CHECK(fs::exists(foreign));
  CHECK(fs::exists(almost));
}

TEST_CASE("the id of a file that exists is never used again", "[recovery]") {
  DirectSegments adapter;
  const Bytes stored = payload(1, 100);
  const Location first = append(adapter.store(), kSmall, stored);
  adapter.close();
  adapter.options().first_segment_id = first.segment;
  adapter.open();
  const Location second = append(adapter.store(), kSmall, stored);
  REQUIRE(adapter.store().sync(kSmall));
  CHECK(second.segment == first.segment + 1);
  CHECK(holds(adapter.store(), first, stored));
}

TEST_CASE("a segment of a newer format is refused and left as it is", "[recovery]") {
  DirectSegments adapter;
  write_groups(adapter.store(), 1);
  adapter.close();
  Bytes newer(2 * kBlockBytes);
  storage::encode_segment_block({storage::BlockRole::kHeader, 99, 1, 0}, MutableBytes(newer).first(kBlockBytes));
  newer[8] = std::byte{2};
  const std::uint64_t sum = XXH3_64bits(newer.data(), kBlockBytes - 8);
  for (std::size_t i = 0; i < 8; ++i) newer[kBlockBytes - 8 + i] = static_cast<std::byte>(sum >> (8 * i));
  write_file(adapter.path(99), newer);
  const auto opened = storage::open_local_segment_store(adapter.options());
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == Errc::kUnsupported);
  CHECK(adapter.bytes(99) == newer);
}

TEST_CASE("options outside of their range are refused", "[recovery]") {
  const TemporaryDirectory directory;
  storage::LocalSegmentOptions options;
  options.directory = directory.path() + "/segments";
  options.segment_bytes_max = 4096;
  CHECK(storage::open_local_segment_store(options).error().code == Errc::kInvalidArgument);
  options.segment_bytes_max = (64 << 10) + 1;
  CHECK(storage::open_local_segment_store(options).error().code == Errc::kInvalidArgument);
  options.segment_bytes_max = 64 << 10;
  options.lane_buffer_bytes = 4096;
  CHECK(storage::open_local_segment_store(options).error().code == Errc::kInvalidArgument);
}

}  // namespace
}  // namespace objstore::test
