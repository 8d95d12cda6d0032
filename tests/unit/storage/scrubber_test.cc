// Damage is found, told and, where another copy is good, mended. Disks that die take nothing with them that has two.
#include "server/storage/scrubber.h"

#include <filesystem>
#include <fstream>

#include "server/storage/compactor.h"
#include "tests/unit/storage/disks.h"
#include "tests/unit/storage/upload.h"

using namespace objstore;
using namespace objstore::storage;
using test::Backing;
using test::damage;
using test::file_of;
using test::must;
using test::on_two_disks;
using test::only_chunk;
using test::read;
using test::TestStore;
using test::upload;

TEST_CASE("a pass over a sound store finds nothing") {
  TestStore store(Backing::kFiles);
  for (std::uint64_t i = 0; i < 50; ++i) upload(store.engine(), test::random_bytes(30'000, i));
  must(store.engine().scrubber().run_pass());
  const auto progress = store.engine().scrubber().progress();
  CHECK(progress.chunks == store.rows(Table::kChunks));
  CHECK(progress.damaged == 0);
  CHECK(progress.passes == 1);
  CHECK(progress.finished_ms > 0);
  CHECK(must(store.engine().scrubber().damaged_chunks(10)).empty());
  store.reopen();
  CHECK(store.engine().scrubber().progress().finished_ms == progress.finished_ms);
}

TEST_CASE("a pass finds every damaged chunk: flipped, cut off, gone") {
  TestStore store(Backing::kFiles);
  upload(store.engine(), test::random_bytes(10'000, 1));
  damage(store, only_chunk(store.engine()).placements.front().location, 1);
  must(store.engine().scrubber().run_pass());
  CHECK(store.engine().scrubber().progress().damaged == 1);
  const auto damaged = must(store.engine().scrubber().damaged_chunks(10));
  REQUIRE(damaged.size() == 1);
  CHECK(damaged.front().lost);
  // The same content, uploaded again, heals it.
  const Layout layout = upload(store.engine(), test::random_bytes(10'000, 1));
  CHECK(must(store.engine().scrubber().damaged_chunks(10)).empty());

  const Location location = only_chunk(store.engine()).placements.front().location;
  store.close();
  const std::string path = file_of(store, location.segment, 1);
  SECTION("a file that is cut off") {
    std::filesystem::resize_file(path, location.offset + 200);
    store.open();
    must(store.engine().scrubber().run_pass());
    CHECK(store.engine().scrubber().progress().damaged == 1);
  }
  SECTION("a file that is gone") {
    std::filesystem::remove(path);
    store.open();
    must(store.engine().scrubber().run_pass());
    CHECK(store.engine().scrubber().progress().damaged == 1);
  }
  CHECK(test::error_of(read(store.engine(), layout)) == Errc::kCorrupt);
}

TEST_CASE("two copies lie on two disks, and one of them is enough") {
  constexpr std::size_t kDisks = 2;
  TestStore store(Backing::kFiles, 4096, kDisks, 2);
  const std::string body = test::random_bytes(10'000, 1);
  const Layout layout = upload(store.engine(), body);
  const ChunkRow row = only_chunk(store.engine());
  REQUIRE(on_two_disks(store, row, kDisks));

  SECTION("a reader falls back, and the copy is made anew") {
    damage(store, row.placements.front().location, kDisks);
    CHECK(must(read(store.engine(), layout)) == body);
    must(store.engine().scrubber().repair_requested());
    const ChunkRow repaired = only_chunk(store.engine());
    REQUIRE(on_two_disks(store, repaired, kDisks));
    CHECK(repaired.usable());
    damage(store, row.placements.back().location, kDisks);
    CHECK(must(read(store.engine(), layout)) == body);
  }
  SECTION("the scrubber finds and restores the second copy") {
    damage(store, row.placements.back().location, kDisks);
    must(store.engine().scrubber().run_pass());
    CHECK(store.engine().scrubber().progress().damaged == 1);
    CHECK(store.engine().scrubber().progress().repaired == 1);
    CHECK(on_two_disks(store, only_chunk(store.engine()), kDisks));
    CHECK(must(store.engine().scrubber().damaged_chunks(10)).empty());
  }
}

TEST_CASE("without one of two disks everything is read and written, and with it again all copies come back") {
  constexpr std::size_t kDisks = 2;
  TestStore store(Backing::kFiles, 4096, kDisks, 2);
  std::vector<Layout> layouts;
  for (std::uint64_t i = 0; i < 20; ++i) layouts.push_back(upload(store.engine(), test::random_bytes(50'000, i)));
  store.close();
  const std::string away = store.disk(1) + ".away";
  std::filesystem::rename(store.disk(1), away);
  std::ofstream(store.disk(1)) << "a file in place of the directory, so that it cannot be made anew";

  store.open();
  CHECK_FALSE(store.engine().segments().directories().back().error.empty());
  for (std::uint64_t i = 0; i < 20; ++i) {
    CHECK(must(read(store.engine(), layouts[i])) == test::random_bytes(50'000, i));
  }
  for (std::uint64_t i = 20; i < 30; ++i) layouts.push_back(upload(store.engine(), test::random_bytes(50'000, i)));
  must(store.engine().scrubber().run_pass());
  // What is on the missing disk is not there, which is not to say that it is damaged.
  CHECK(store.engine().scrubber().progress().damaged == 0);
  store.close();

  std::filesystem::remove(store.disk(1));
  std::filesystem::rename(away, store.disk(1));
  store.open();
  must(store.engine().scrubber().run_pass());
  must(store.engine().scrubber().run_pass());
  CHECK(store.engine().scrubber().progress().repaired == 0);
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    CHECK(on_two_disks(store, must(decode_chunk(cursor->value())), kDisks));
  }
  // Now the first copies can go.
  for (std::uint64_t i = 0; i < 30; ++i) {
    CHECK(must(read(store.engine(), layouts[i])) == test::random_bytes(50'000, i));
  }
}

TEST_CASE("a store that is told to make two copies makes the second ones of what it has") {
  constexpr std::size_t kDisks = 3;
  TestStore store(Backing::kFiles, 4096, kDisks, 1);
  const std::string body = test::random_bytes(300'000, 1);
  const Layout layout = upload(store.engine(), body);
  store.set_copies(2);
  store.reopen();
  must(store.engine().scrubber().run_pass());
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    CHECK(on_two_disks(store, must(decode_chunk(cursor->value())), kDisks));
  }
  CHECK(must(read(store.engine(), layout)) == body);
}

TEST_CASE("moved chunks keep their copies on two disks") {
  constexpr std::size_t kDisks = 2;
  TestStore store(Backing::kFiles, 4096, kDisks, 2);
  std::vector<Layout> layouts;
  for (std::uint64_t i = 0; i < 300; ++i) layouts.push_back(upload(store.engine(), test::random_bytes(10'000, i)));
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane) must(store.engine().segments().seal(static_cast<Lane>(lane)));
  for (std::uint64_t i = 0; i < 300; ++i) {
    if (i % 10 != 0) test::drop(store.engine(), layouts[i]);
  }
  store.collect();
  while (must(store.engine().compactor().step())) {
  }
  must(store.engine().collector().sweep());
  CHECK(store.engine().compactor().stats().chunks == 60);
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    CHECK(on_two_disks(store, must(decode_chunk(cursor->value())), kDisks));
  }
  for (std::uint64_t i = 0; i < 300; i += 10) {
    CHECK(must(read(store.engine(), layouts[i])) == test::random_bytes(10'000, i));
  }
}
