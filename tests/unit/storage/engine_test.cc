#include "server/storage/engine.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "server/storage/blob_writer.h"
#include "server/storage/commit_loop.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::storage;
using test::Backing;
using test::TestStore;

namespace {

// Writes one blob and gives it a reference; the layout that a row would hold.
Layout store(Engine& engine, std::string_view body) {
  const auto writer = engine.new_blob(0);
  REQUIRE(writer->write(as_bytes(body)));
  REQUIRE(writer->finish());
  Layout layout;
  layout.extents.push_back(
      test::must(commit_loop<Extent>(engine.committer(), engine.executor(), [&]() -> Result<Attempt<Extent>> {
                   Attempt<Extent> attempt;
                   OBJSTORE_ASSIGN(attempt.value, writer->publish(attempt.batch, attempt.lanes));
                   return attempt;
                 }).wait()));
  writer->published();
  return layout;
}

void drop(Engine& engine, const Layout& layout) {
  Batch batch;
  engine.release(batch, layout);
  test::must(engine.committer().submit(std::move(batch), {}).wait());
}

void write_copies(BlobWriter& writer, ByteView body, std::size_t piece) {
  for (; !body.empty(); body = body.subspan(std::min(piece, body.size())))
    REQUIRE(writer.write(body.first(std::min(piece, body.size()))));
}

// As the transport does: one room is filled while another one waits to be written.
void write_in_rooms(BlobWriter& writer, ByteView body, std::size_t piece) {
  Room full;
  for (Room room = writer.room(piece); !body.empty(); full = std::exchange(room, writer.room(piece))) {
    REQUIRE(room.bytes.size() > 0);
    REQUIRE(room.bytes.size() <= piece);
    const std::size_t filled = std::min(room.bytes.size(), body.size());
    std::ranges::copy(body.first(filled), room.bytes.begin());
    if (!full.bytes.empty()) REQUIRE(writer.write(full.bytes));
    body = body.subspan(filled);
    room.bytes = room.bytes.first(filled);
    if (body.empty()) {
      REQUIRE(writer.write(room.bytes));
      return;
    }
  }
}

Result<std::string> read(Engine& engine, const Layout& layout, std::uint64_t first, std::uint64_t length) {
  return test::drain(*engine.read(engine.epochs().enter(), layout, first, length));
}

}  // namespace

TEST_CASE("a blob of any size comes back, whole and in part") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  // One chunk, just at and above the largest chunk, many chunks, several pages of them.
  for (const std::size_t size : {1u, 16'384u, 16'385u, 300'000u, 5'000'000u}) {
    const std::string body = test::random_bytes(size, size);
    const Layout layout = store(engine, body);
    CHECK(test::must(read(engine, layout, 0, size)) == body);
    CHECK(test::must(read(engine, layout, size / 3, size / 2)) == body.substr(size / 3, size / 2));
    CHECK(test::must(read(engine, layout, size - 1, 1)) == body.substr(size - 1));
  }
  CHECK(store_under_test.rows(Table::kBlobPages) >= 2);
}

namespace {

struct Mixed {
  std::string bytes;
  std::size_t in_files = 0;
};

// As a transport that takes files reads: after the first piece, whatever lies in one.
Mixed read_with_files(Engine& engine, const Layout& layout, std::uint64_t first, std::uint64_t length) {
  const auto source = engine.read(engine.epochs().enter(), layout, first, length);
  Mixed out;
  while (out.bytes.size() < length) {
    const auto slice = out.bytes.empty() ? std::nullopt : source->next_in_file();
    if (!slice) {
      const Buffer piece = test::must(source->next());
      REQUIRE(!piece.empty());
      out.bytes += as_text(piece.view());
      continue;
    }
    std::string bytes(slice->length, '\0');
    REQUIRE(::pread(slice->descriptor, bytes.data(), bytes.size(), static_cast<off_t>(slice->offset)) ==
            static_cast<ssize_t>(bytes.size()));
    out.in_files += bytes.size();
    out.bytes += bytes;
  }
  return out;
}

}  // namespace

TEST_CASE("what was verified lately is given where it lies, for so long and no longer") {
  TestStore store_under_test(Backing::kFiles);
  const std::string body = test::random_bytes(5'000'000, 3) + std::string(200'000, 'x');
  Layout layout = store(store_under_test.engine(), body);
  CHECK(read_with_files(store_under_test.engine(), layout, 0, body.size()).in_files == 0);
  CHECK(read_with_files(store_under_test.engine(), layout, 0, body.size()).in_files == 0);  // never by default

  store_under_test.set_verified_for(std::chrono::seconds(60));
  store_under_test.reopen();
  Engine& engine = store_under_test.engine();
  CHECK(read_with_files(engine, layout, 0, body.size()).in_files == 0);  // nothing has been verified by this one
  Mixed mixed = read_with_files(engine, layout, 0, body.size());
  CHECK(mixed.bytes == body);
  // All but the first piece of each page, and what is compressed.
  CHECK(mixed.in_files > 4'900'000);
  CHECK(mixed.in_files <= 5'010'000);
  mixed = read_with_files(engine, layout, 1'234'567, 2'000'000);
  CHECK(mixed.bytes == body.substr(1'234'567, 2'000'000));
  CHECK(mixed.in_files > 1'900'000);
  store_under_test.clock().advance(std::chrono::seconds(61));
  mixed = read_with_files(engine, layout, 0, body.size());
  CHECK(mixed.bytes == body);
  CHECK(mixed.in_files == 0);
}

TEST_CASE("a body is cut where the chunker says, and digested, in whatever pieces it comes") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const Chunker& chunker = engine.chunker();
  // Random bytes, and a run without any end but the largest size's.
  const std::string body = test::random_bytes(150'001, 11) + std::string(70'000, 'x') + test::random_bytes(33'333, 12);
  std::vector<ChunkRef> expected;
  for (ByteView rest = as_bytes(body); !rest.empty(); rest = rest.subspan(expected.back().raw_size)) {
    const ByteView chunk = rest.first(chunker.cut(rest));
    expected.push_back({sha256(chunk), static_cast<std::uint32_t>(chunk.size())});
  }
  Domain domain = 0;
  for (const std::size_t piece : {std::size_t{1}, std::size_t{777}, chunker.max_size(), body.size()}) {
    for (const auto feed : {write_copies, write_in_rooms}) {
      CAPTURE(piece, feed == write_in_rooms);
      BodyDigest digest(BodyDigest::Wants::kMd5);
      BlobWriter writer(engine, ++domain, &digest);
      feed(writer, as_bytes(body), piece);
      REQUIRE(writer.finish());
      CHECK(digest.finish().md5 == md5(as_bytes(body)));
      Batch batch;
      LaneSet lanes;
      const Extent extent = test::must(writer.publish(batch, lanes));
      test::must(engine.committer().submit(std::move(batch), std::move(lanes)).wait());
      const auto page = test::must(engine.metadata().get(Table::kBlobPages, page_key(extent.blob, 0)));
      REQUIRE(page);
      const std::vector<ChunkRef> chunks = test::must(decode_chunk_page(*page));
      REQUIRE(chunks.size() == expected.size());
      for (std::size_t i = 0; i < chunks.size(); ++i) {
        CHECK(chunks[i].id == expected[i].id);
        CHECK(chunks[i].raw_size == expected[i].raw_size);
      }
    }
  }
}

TEST_CASE("a room outlives its writer") {
  TestStore store_under_test;
  Room room;
  {
    BlobWriter writer(store_under_test.engine(), 0);
    room = writer.room(1000);
  }
  std::ranges::fill(room.bytes, std::byte{1});
  BlobWriter next(store_under_test.engine(), 0);
  CHECK(next.room(1000).bytes.data() != room.bytes.data());
}

TEST_CASE("the same content is one blob, and its bytes lie there once") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const std::string body = test::random_bytes(200'000, 1);
  const Layout one = store(engine, body);
  const auto live = store_under_test.live_bytes();
  const Layout two = store(engine, body);
  CHECK(one.extents == two.extents);
  CHECK(store_under_test.live_bytes() == live);
  drop(engine, one);
  store_under_test.collect();
  CHECK(test::must(read(engine, two, 0, body.size())) == body);
}

TEST_CASE("contents that share a part share its chunks") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const std::string shared = test::random_bytes(1'000'000, 2);
  store(engine, shared);
  const auto live = store_under_test.live_bytes();
  const std::string longer = shared + test::random_bytes(50'000, 3);
  const Layout layout = store(engine, longer);
  CHECK(store_under_test.live_bytes() - live < 120'000);
  CHECK(test::must(read(engine, layout, 0, longer.size())) == longer);
}

TEST_CASE("an upload that is given up leaves no rows, however large it was") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  {
    const auto writer = engine.new_blob(0);
    REQUIRE(writer->write(as_bytes(test::random_bytes(9'000'000, 4))));
    CHECK(store_under_test.rows(Table::kBlobs) == 1);
  }
  store_under_test.collect();
  CHECK(store_under_test.rows(Table::kBlobs) == 0);
  CHECK(store_under_test.rows(Table::kBlobPages) == 0);
  CHECK(store_under_test.rows(Table::kChunks) == 0);
  CHECK(store_under_test.live_bytes() == 0);
}

TEST_CASE("a large upload of content that is there already gives back all that it had staged", "[staged-is-released]") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const std::string body = test::random_bytes(6'000'000, 4);
  const Layout one = store(engine, body);
  const Layout two = store(engine, body);
  CHECK(one.extents == two.extents);
  store_under_test.collect();
  CHECK(store_under_test.rows(Table::kBlobs) == 1);
  drop(engine, one);
  store_under_test.collect();
  CHECK(test::must(read(engine, two, 0, body.size())) == body);
  drop(engine, two);
  store_under_test.collect();
  CHECK(store_under_test.rows(Table::kChunks) == 0);
}

TEST_CASE("what an upload had staged when the server died is released at the next start") {
  TestStore store_under_test(Backing::kFiles);
  {
    // A server that dies runs no destructor: the writer is never destroyed, its staged rows stay.
    auto writer = store_under_test.engine().new_blob(0);
    REQUIRE(writer->write(as_bytes(test::random_bytes(9'000'000, 5))));
    REQUIRE(store_under_test.rows(Table::kBlobPages) >= 1);
    writer->published();  // takes its release away
  }
  store_under_test.reopen();
  store_under_test.collect();
  CHECK(store_under_test.rows(Table::kBlobs) == 0);
  CHECK(store_under_test.rows(Table::kChunks) == 0);
  CHECK(store_under_test.live_bytes() == 0);
}

TEST_CASE("numbers are never given out twice, also across restarts") {
  TestStore store_under_test(Backing::kFiles);
  const auto before = store_under_test.engine().next_id();
  store_under_test.reopen();
  CHECK(store_under_test.engine().next_id() > before);
}

TEST_CASE("a store keeps the chunk size that it was created with") {
  TestStore store_under_test(Backing::kFiles, 8192);
  store_under_test.reopen();
  CHECK(store_under_test.engine().chunker().average_size() == 8192);
}

TEST_CASE("a damaged chunk is never served, and an upload of the same content heals it", "[quarantined-is-absent]") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const std::string body = test::random_bytes(10'000, 6);
  const Layout layout = store(engine, body);
  auto& segments = store_under_test.memory_segments();
  const auto id = segments.list().front().id;
  auto bytes = segments.bytes(id);
  bytes[bytes.size() / 2] ^= std::byte{1};
  segments.set_bytes(id, bytes);

  CHECK(test::error_of(read(engine, layout, 0, body.size())) == Errc::kCorrupt);
  CHECK(test::error_of(read(engine, layout, 0, body.size())) == Errc::kCorrupt);
  store(engine, body);
  CHECK(test::must(read(engine, layout, 0, body.size())) == body);
}

TEST_CASE("an upload that counted on a chunk which is then found damaged does not commit with it",
          "[quarantine-generation][quarantine-advances]") {
  TestStore store_under_test;
  Engine& engine = store_under_test.engine();
  const std::string body = test::random_bytes(10'000, 7);
  const Layout layout = store(engine, body);
  // Another content with the same single chunk cannot be made, so the upload is one of several chunks.
  const std::string tail = test::random_bytes(60'000, 8);
  store(engine, tail);
  const auto writer = engine.new_blob(0);
  REQUIRE(writer->write(as_bytes(tail + body)));
  REQUIRE(writer->finish());
  Batch batch;
  LaneSet lanes;
  test::must(writer->publish(batch, lanes));
  // Between the look-up and the commit every chunk that it found is marked.
  const auto cursor = engine.metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    const ChunkRow row = test::must(decode_chunk(cursor->value()));
    ChunkKey key;
    std::memcpy(key.id.data(), cursor->key().data() + 4, key.id.size());
    engine.quarantine(key, row.placements.front().location);
  }
  CHECK(test::error_of(engine.committer().submit(std::move(batch), lanes).wait()) == Errc::kConflict);
  Batch again;
  CHECK(test::error_of(writer->publish(again, lanes)) == Errc::kUnavailable);
}
