// The compactor, which moves chunks, against all that happens to them meanwhile. As interleaving_test.cc.
#include <map>

#include "server/storage/blob_writer.h"
#include "server/storage/collector.h"
#include "server/storage/compactor.h"
#include "server/storage/scrubber.h"
#include "tests/unit/storage/disks.h"
#include "tests/unit/storage/upload.h"

using namespace objstore;
using namespace objstore::storage;
using test::Backing;
using test::drop;
using test::must;
using test::read;
using test::TestStore;
using test::upload;

namespace {

std::string body(std::uint64_t seed) {
  return test::random_bytes(10'000, seed);
}
std::string key_of(std::uint64_t seed) {
  return chunk_key({0, sha256(as_bytes(body(seed)))});
}
ChunkRow row_of(TestStore& store, std::uint64_t seed) {
  return must(decode_chunk(must(store.engine().metadata().get(Table::kChunks, key_of(seed))).value()));
}

// Sealed segments that are mostly dead; what is left are the bodies 0 to `left` - 1, each of one chunk.
std::vector<Layout> fill_sparsely(TestStore& store, std::uint64_t left) {
  std::vector<Layout> layouts;
  for (std::uint64_t seed = 0; seed < 15; ++seed) layouts.push_back(upload(store.engine(), body(seed)));
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane) must(store.engine().segments().seal(static_cast<Lane>(lane)));
  for (std::uint64_t seed = left; seed < layouts.size(); ++seed) drop(store.engine(), layouts[seed]);
  store.collect();
  layouts.resize(left);
  return layouts;
}

}  // namespace

TEST_CASE("a power cut just after chunks have been moved takes none of them", "[sync-before-swap]") {
  TestStore store;
  const auto layouts = fill_sparsely(store, 2);
  must(store.engine().compactor().step());
  REQUIRE(store.engine().compactor().stats().chunks == 2);
  store.memory_segments().lose_unsynced();
  for (std::uint64_t seed = 0; seed < 2; ++seed) CHECK(must(read(store.engine(), layouts[seed])) == body(seed));
}

TEST_CASE("a chunk that is removed while it is being moved does not come back, and its neighbours lose nothing by it",
          "[swap-states-row]") {
  TestStore store;
  const auto layouts = fill_sparsely(store, 2);
  // Copied, and about to be swapped.
  store.between().after_read(
      Table::kChunks, key_of(0),
      [&] {
        drop(store.engine(), layouts[0]);
        store.collect();
      },
      2);
  must(store.engine().compactor().step());
  REQUIRE(store.between().came());
  CHECK(store.rows(Table::kChunks) == 1);
  must(store.engine().collector().sweep());
  CHECK(must(read(store.engine(), layouts[1])) == body(1));
  drop(store.engine(), layouts[1]);
  store.collect();
  CHECK(store.live_bytes() == 0);
}

TEST_CASE("a chunk that is repaired while it is being moved keeps its copies on two disks", "[swap-looks-again]") {
  constexpr std::size_t kDisks = 2;
  TestStore store(Backing::kFiles, 4096, kDisks, 2);
  const auto layouts = fill_sparsely(store, 1);
  const auto placements = row_of(store, 0).placements;
  REQUIRE(placements.size() == 2);
  // The copy that is being moved is repaired, or the other one, before the compactor looks at the row again.
  const Location damaged = placements[GENERATE(0u, 1u)].location;
  store.between().after_read(Table::kChunks, key_of(0), [&] {
    test::damage(store, damaged, kDisks);
    must(store.engine().scrubber().run_pass());
  });
  must(store.engine().compactor().step());
  REQUIRE(store.between().came());
  REQUIRE(store.engine().scrubber().progress().repaired == 1);
  CHECK(test::on_two_disks(store, row_of(store, 0), kDisks));
  CHECK(must(read(store.engine(), layouts[0])) == body(0));
}

TEST_CASE("a deletion that the compactor comes in the way of gives its space back all the same", "[queue-row-last]") {
  TestStore store;
  const auto layouts = fill_sparsely(store, 1);
  drop(store.engine(), layouts[0]);
  must(store.engine().collector().step());
  REQUIRE(store.rows(Table::kBlobs) == 0);
  store.between().after_read(Table::kChunks, key_of(0), [&] { must(store.engine().compactor().step()); });
  store.collect();
  REQUIRE(store.between().came());
  REQUIRE(store.engine().compactor().stats().chunks == 1);
  CHECK(store.rows(Table::kChunks) == 0);
  CHECK(store.rows(Table::kQueue) == 0);
  CHECK(store.live_bytes() == 0);
}

TEST_CASE("a download whose chunk is moved under it, and the old place unlinked, goes on", "[damage-believed-twice]") {
  TestStore store;
  const auto layouts = fill_sparsely(store, 1);
  store.between().after_read(Table::kChunks, key_of(0), [&] {
    must(store.engine().compactor().step());
    REQUIRE(must(store.engine().collector().sweep()) > 0);
  });
  CHECK(must(read(store.engine(), layouts[0])) == body(0));
  REQUIRE(store.between().came());
  CHECK(row_of(store, 0).usable());
}

TEST_CASE("of a chunk that is repaired while a reader finds it damaged, the repaired copies stay in use",
          "[damage-is-of-a-place]") {
  constexpr std::size_t kDisks = 2;
  TestStore store(Backing::kFiles, 4096, kDisks, 2);
  const auto layouts = fill_sparsely(store, 1);
  test::damage(store, row_of(store, 0).placements.front().location, kDisks);
  // The reader has read the damaged copy, and has seen that the row still names it.
  store.between().after_read(Table::kChunks, key_of(0), [&] { must(store.engine().scrubber().run_pass()); }, 2);
  CHECK(must(read(store.engine(), layouts[0])) == body(0));
  REQUIRE(store.between().came());
  REQUIRE(store.engine().scrubber().progress().repaired == 1);
  for (const Placement& placement : row_of(store, 0).placements) CHECK_FALSE(placement.quarantined);
  CHECK(must(read(store.engine(), layouts[0])) == body(0));
}
