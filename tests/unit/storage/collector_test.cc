// The interleavings that the rules of docs/architecture.md ("when everything happens at once") are there for.
#include "server/storage/collector.h"

#include <sys/resource.h>
#include <unistd.h>

#include <thread>

#include "server/storage/background.h"
#include "tests/unit/storage/upload.h"

using namespace objstore;
using namespace objstore::storage;
using test::drop;
using test::read;
using test::TestStore;
using test::Upload;

namespace {

std::size_t queued(TestStore& store) {
  return store.rows(Table::kQueue);
}

}  // namespace

TEST_CASE("what has no reference is removed, down to the segment", "[content-goes-first][release-queues]") {
  TestStore store;
  const std::string body = test::random_bytes(3'000'000, 1);
  const Layout layout = test::must(Upload(store.engine(), body).commit());
  CHECK(store.live_bytes() > 2'900'000);
  drop(store.engine(), layout);
  store.collect();
  CHECK(store.live_bytes() == 0);
  CHECK(store.rows(Table::kBlobs) == 0);
  CHECK(store.rows(Table::kBlobPages) == 0);
  CHECK(store.rows(Table::kContents) == 0);
  CHECK(store.rows(Table::kChunks) == 0);
  CHECK(queued(store) == 0);
  const auto written = test::must(store.engine().space()).written_bytes;
  test::must(store.engine().collector().sweep());
  CHECK(test::must(store.engine().space()).written_bytes < written / 2);
}

TEST_CASE("an upload that found a chunk which is condemned before it commits counts on it all the same") {
  TestStore store;
  // Two chunks and more, so that the second content shares chunks and not the blob.
  const std::string shared = test::random_bytes(60'000, 2);
  const Layout old = test::upload(store.engine(), shared + "old");
  Upload pending(store.engine(), shared + "new");
  drop(store.engine(), old);
  // The blob is only removed when our epoch has ended, so the chunks are condemned by hand here, in the way in which
  // the collector does it for chunks whose blob went before we began.
  const auto cursor = store.engine().metadata().scan(Table::kChunks, {});
  for (; cursor->valid(); cursor->next()) {
    ChunkRow row = test::must(decode_chunk(cursor->value()));
    row.condemned = true;
    Batch batch;
    batch.put(Table::kChunks, std::string(cursor->key()), encode(row));
    test::must(store.engine().committer().submit(std::move(batch), {}).wait());
  }
  const Layout layout = test::must(pending.commit());
  store.collect();
  CHECK(test::must(read(store.engine(), layout)) == shared + "new");
  CHECK(queued(store) == 0);
}

TEST_CASE("an upload that found a chunk before it lost its last reference keeps it") {
  TestStore store;
  const std::string body = test::random_bytes(9'000, 2);
  const Layout old = test::must(Upload(store.engine(), body).commit());
  Upload upload(store.engine(), body);  // finds the chunk and stores nothing
  drop(store.engine(), old);
  // The collector condemns and then waits for the upload's epoch, so it has to run beside it.
  std::thread collector([&] { store.collect(); });
  std::this_thread::yield();
  const auto layout = upload.commit();
  collector.join();
  // Either the blob was still there, or it had begun to go and the upload was told so: never a row without its bytes.
  if (layout) {
    store.collect();
    CHECK(test::must(read(store.engine(), *layout)) == body);
  } else {
    CHECK(layout.error().code == Errc::kUnavailable);
  }
}

TEST_CASE("a chunk that was condemned and then counted on is not removed") {
  TestStore store;
  Engine& engine = store.engine();
  const std::string body = test::random_bytes(9'000, 3);
  const Layout old = test::must(Upload(engine, body).commit());
  const ChunkKey key{0, sha256(as_bytes(body))};
  // As the collector does it, but with an upload that looked up before and commits after the mark.
  Upload upload(engine, body);
  drop(engine, old);
  std::thread collector([&] { store.collect(); });
  while (true) {
    const auto bytes = test::must(engine.metadata().get(Table::kChunks, chunk_key(key)));
    const auto queue = queued(store);
    if (!bytes || test::must(decode_chunk(*bytes)).condemned || queue == 0) break;
    const auto blob = test::must(engine.metadata().get(Table::kBlobs, id_key(old.extents.front().blob)));
    if (blob && test::must(decode_blob(*blob)).state == BlobState::kReleasing) break;
  }
  const auto layout = upload.commit();
  collector.join();
  store.collect();
  REQUIRE((layout.has_value() || layout.error().code == Errc::kUnavailable));
  if (layout) CHECK(test::must(read(engine, *layout)) == body);
}

TEST_CASE("removal waits for a reader that had begun", "[epoch-drains]") {
  TestStore store;
  const std::string body = test::random_bytes(2'000'000, 4);
  const Layout layout = test::must(Upload(store.engine(), body).commit());
  std::optional<test::CollectorBeside> collector;
  auto source = store.engine().read(store.engine().epochs().enter(), layout, 0, body.size());
  std::string all(as_text(test::must(source->next()).view()));
  drop(store.engine(), layout);
  collector.emplace(store);
  CHECK(collector->waits());
  all += test::must(test::drain(*source));
  CHECK(all == body);
  source.reset();
  collector.reset();
  CHECK(store.rows(Table::kChunks) == 0);
}

TEST_CASE("two uploads of the same new content at once: one stores it, both hold it") {
  TestStore store;
  const std::string body = test::random_bytes(400'000, 5);
  Upload first(store.engine(), body);
  Upload second(store.engine(), body);
  const Layout one = test::must(first.commit());
  const Layout two = test::must(second.commit());
  CHECK(one.extents == two.extents);
  drop(store.engine(), one);
  store.collect();
  CHECK(test::must(read(store.engine(), two)) == body);
  drop(store.engine(), two);
  store.collect();
  CHECK(store.rows(Table::kChunks) == 0);
}

TEST_CASE("two uploads that share a new chunk at once: the loser counts the winner's") {
  TestStore store;
  const std::string shared = test::random_bytes(500'000, 6);
  Upload first(store.engine(), shared + test::random_bytes(100'000, 7));
  Upload second(store.engine(), shared + test::random_bytes(100'000, 8));
  const Layout one = test::must(first.commit());
  const Layout two = test::must(second.commit());
  drop(store.engine(), one);
  store.collect();
  CHECK(test::must(read(store.engine(), two)) == shared + test::random_bytes(100'000, 8));
}

TEST_CASE("a segment that an upload under way has written to is not removed", "[pins-hold]") {
  TestStore store;
  Engine& engine = store.engine();
  const std::string body = test::random_bytes(700'000, 9);
  Upload upload(engine, body);  // appended, not committed: no row names its segment
  for (std::uint8_t lane = 0; lane < kLaneCount; ++lane) REQUIRE(engine.segments().seal(static_cast<Lane>(lane)));
  test::must(engine.collector().sweep());
  const Layout layout = test::must(upload.commit());
  CHECK(test::must(read(engine, layout)) == body);
}

TEST_CASE("background work gives way to requests, and who starts it does not") {
  const int before = ::getpriority(PRIO_PROCESS, 0);
  int there = 0;
  std::thread([&there] {
    give_way_to_requests();
    there = ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()));
  }).join();
  CHECK(there >= 10);
  CHECK(::getpriority(PRIO_PROCESS, 0) == before);
}

TEST_CASE("looking for something to do takes at most a hundredth of a processor") {
  using namespace std::chrono_literals;
  CHECK(rest_after(0ns, 2s) == 2s);
  CHECK(rest_after(10ms, 0ms) == 990ms);
  CHECK(rest_after(10ms, 2s) == 2s);
  CHECK(rest_after(1us, 0ms) == 1ms);  // never a little too short
  const auto before = thread_cpu_time();
  std::this_thread::sleep_for(50ms);
  CHECK(thread_cpu_time() - before < 40ms);  // sleeping is not looking
  const auto end = std::chrono::steady_clock::now() + 20ms;
  while (std::chrono::steady_clock::now() < end) {
  }
  CHECK(thread_cpu_time() > before);
}
