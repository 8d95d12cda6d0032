// What the compactor promises: space comes back, nothing in use is lost or changed, whatever happens meanwhile.
#include "server/storage/compactor.h"

#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "server/storage/segment_catalog.h"
#include "tests/unit/storage/upload.h"

using namespace objstore;
using namespace objstore::storage;
using test::Backing;
using test::drop;
using test::must;
using test::read;
using test::TestStore;
using test::Upload;
using test::upload;

namespace {

// Bodies of one chunk each, so that they can die one by one.
constexpr std::size_t kBody = 10'000;

std::map<std::uint64_t, Layout> fill(Engine& engine, std::uint64_t first, std::uint64_t last) {
  std::map<std::uint64_t, Layout> layouts;
  for (std::uint64_t i = first; i < last; ++i) layouts[i] = upload(engine, test::random_bytes(kBody, i));
  return layouts;
}

void seal(Engine& engine) {
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane) must(engine.segments().seal(static_cast<Lane>(lane)));
}

// All but every tenth.
void drop_most(Engine& engine, std::map<std::uint64_t, Layout>& layouts) {
  for (auto it = layouts.begin(); it != layouts.end();) {
    if (it->first % 10 == 0) {
      ++it;
      continue;
    }
    drop(engine, it->second);
    it = layouts.erase(it);
  }
}

void compact(TestStore& store) {
  while (must(store.engine().compactor().step())) {
  }
  must(store.engine().collector().sweep());
}

std::uint64_t written(TestStore& store) {
  return must(store.engine().space()).written_bytes;
}

void check_all(Engine& engine, const std::map<std::uint64_t, Layout>& layouts) {
  for (const auto& [seed, layout] : layouts) CHECK(must(read(engine, layout)) == test::random_bytes(kBody, seed));
}

}  // namespace

TEST_CASE("deleting nine tenths gives back at least 85 % of the bytes") {
  const auto backing = GENERATE(Backing::kMemory, Backing::kFiles);
  TestStore store(backing);
  auto layouts = fill(store.engine(), 0, 1000);
  seal(store.engine());
  const std::uint64_t full = written(store);
  drop_most(store.engine(), layouts);
  store.collect();
  compact(store);
  seal(store.engine());
  CHECK(written(store) < full * 15 / 100);
  check_all(store.engine(), layouts);
  if (backing == Backing::kFiles) {
    store.reopen();
    check_all(store.engine(), layouts);
  }
  CHECK(store.engine().compactor().stats().damaged == 0);
}

TEST_CASE("a segment that is mostly in use is left alone") {
  TestStore store;
  auto layouts = fill(store.engine(), 0, 200);
  seal(store.engine());
  for (std::uint64_t i = 0; i < 20; ++i) {
    drop(store.engine(), layouts[i]);
    layouts.erase(i);
  }
  store.collect();
  CHECK_FALSE(must(store.engine().compactor().step()));
  CHECK(store.engine().compactor().stats().chunks == 0);
}

TEST_CASE("many small segments become few") {
  TestStore store(Backing::kFiles);
  auto layouts = fill(store.engine(), 0, 200);  // full segments, to compare with
  seal(store.engine());
  for (std::uint64_t i = 1000; i < 1000 + Compactor::kSmallSegmentsMin; ++i) {
    layouts[i] = upload(store.engine(), test::random_bytes(kBody, i));
    seal(store.engine());
  }
  const auto before = store.engine().segments().list().size();
  compact(store);
  CHECK(store.engine().segments().list().size() <= before - Compactor::kSmallSegmentsMin + 2);
  check_all(store.engine(), layouts);
}

TEST_CASE("a damaged record is not copied: it is quarantined, and the rest moves") {
  TestStore store;
  auto layouts = fill(store.engine(), 0, 100);
  seal(store.engine());
  drop_most(store.engine(), layouts);
  store.collect();
  auto& segments = store.memory_segments();
  // The payload of one that stays.
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  const Location damaged = must(decode_chunk(cursor->value())).placements.front().location;
  auto bytes = segments.bytes(damaged.segment);
  bytes[damaged.offset + 500] ^= std::byte{4};
  segments.set_bytes(damaged.segment, bytes);

  compact(store);
  std::size_t lost = 0;
  for (const auto& [seed, layout] : layouts) {
    const auto body = read(store.engine(), layout);
    if (body) {
      CHECK(*body == test::random_bytes(kBody, seed));
    } else {
      ++lost;
    }
  }
  CHECK(lost == 1);
}

TEST_CASE("records behind a damaged header move too: their rows know them") {
  TestStore store;
  // One group: the second record begins inside of a block, so a scan that has lost the first passes it over.
  const std::string body = test::random_bytes(200'000, 1);
  const Layout layout = upload(store.engine(), body);
  // Large bodies take the large lanes in turn, so the last of these lies behind it, and dies.
  for (std::uint64_t i = 0; i < kLargeLanes; ++i) {
    drop(store.engine(), upload(store.engine(), test::random_bytes(600'000, 100 + i)));
  }
  seal(store.engine());
  store.collect();
  auto& segments = store.memory_segments();
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  std::map<std::uint64_t, Location> in_order;
  for (; cursor->valid(); cursor->next()) {
    const Location location = must(decode_chunk(cursor->value())).placements.front().location;
    in_order[location.offset] = location;
  }
  REQUIRE(in_order.size() > 3);
  const Location first = in_order.begin()->second;
  auto bytes = segments.bytes(first.segment);
  bytes[first.offset] ^= std::byte{1};
  segments.set_bytes(first.segment, bytes);
  const std::size_t before = store.rows(Table::kChunks);
  compact(store);
  CHECK(store.rows(Table::kChunks) == before);
  std::size_t moved = 0;
  const auto after = store.engine().metadata().scan(Table::kChunks, {});
  for (; after->valid(); after->next()) {
    const ChunkRow row = must(decode_chunk(after->value()));
    if (row.placements.front().location.segment != first.segment) ++moved;
  }
  CHECK(moved == before - 1);
}

TEST_CASE("a download goes on while its segment is rewritten and removed") {
  TestStore store(Backing::kFiles);
  const std::string body = test::random_bytes(600'000, 1);
  const Layout layout = upload(store.engine(), body);
  auto others = fill(store.engine(), 100, 300);
  seal(store.engine());
  for (auto& [seed, other] : others) drop(store.engine(), other);
  store.collect();

  const auto source = store.engine().read(store.engine().epochs().enter(), layout, 0, body.size());
  std::string got(as_text(must(source->next()).view()));
  seal(store.engine());
  drop(store.engine(), upload(store.engine(), test::random_bytes(2'000'000, 2)));
  compact(store);
  got += must(test::drain(*source));
  CHECK(got == body);
}

TEST_CASE("an upload under way keeps the segment that it has appended to") {
  TestStore store(Backing::kFiles);
  const std::string body = test::random_bytes(kBody, 5);
  Upload pending(store.engine(), body);
  seal(store.engine());
  must(store.engine().collector().sweep());
  const Layout layout = must(pending.commit());
  must(store.engine().collector().sweep());
  CHECK(must(read(store.engine(), layout)) == body);
}

TEST_CASE("a chunk that is moved while it is being condemned is collected all the same") {
  TestStore store;
  auto layouts = fill(store.engine(), 0, 300);
  seal(store.engine());
  // Collector and compactor at once, over and over: whichever loses a race must come back to it.
  std::atomic<bool> done = false;
  std::thread compactor([&] {
    while (!done) must(store.engine().compactor().step());
  });
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    if (seed % 3 == 0) continue;
    drop(store.engine(), layouts[seed]);
    layouts.erase(seed);
    if (seed % 16 == 1) store.collect();
  }
  store.collect();
  done = true;
  compactor.join();
  store.collect();
  CHECK(store.rows(Table::kQueue) == 0);
  CHECK(store.rows(Table::kChunks) == layouts.size());
  check_all(store.engine(), layouts);
}

TEST_CASE("a segment stays until a checkpoint without it is complete", "[gate-holds]") {
  TestStore store;
  RemovalGate& gate = store.engine().removal_gate();
  gate.require_checkpoints();
  drop(store.engine(), upload(store.engine(), test::random_bytes(kBody, 1)));
  store.collect();
  seal(store.engine());
  CHECK(must(store.engine().collector().sweep()) == 0);
  CHECK(gate.checkpoint_wanted());
  gate.begin_checkpoint();
  CHECK(must(store.engine().collector().sweep()) == 0);
  gate.end_checkpoint(false);
  CHECK(must(store.engine().collector().sweep()) == 0);
  gate.begin_checkpoint();
  gate.end_checkpoint(true);
  CHECK_FALSE(gate.checkpoint_wanted());
  {
    const auto hold = gate.hold(store.engine().segments().list().back().id);
    CHECK(must(store.engine().collector().sweep()) == 0);
  }
  CHECK(must(store.engine().collector().sweep()) > 0);
}

TEST_CASE("a rewrite that is given up half way leaves everything readable, and the next one finishes it") {
  TestStore store(Backing::kFiles);
  auto layouts = fill(store.engine(), 0, 400);
  seal(store.engine());
  drop_most(store.engine(), layouts);
  store.collect();
  // A restart in between: copies that no row names are dead space.
  static_cast<void>(must(store.engine().compactor().step()));
  store.reopen();
  check_all(store.engine(), layouts);
  compact(store);
  seal(store.engine());
  CHECK(written(store) < 900'000);
  check_all(store.engine(), layouts);
}
