// Sets of checkpoints in directories, and the worker that makes them.
#include <fstream>
#include <thread>

#include "server/storage/checkpoint_set.h"
#include "server/storage/checkpointer.h"
#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::storage;
using test::must;
using test::TestStore;

namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// A checkpoint with a table file and one that changes each time.
Result<Checkpoint> make(const fs::path& directory, std::uint64_t sequence, const fs::path& table) {
  CheckpointManifest manifest;
  manifest.store_id = "store";
  manifest.sequence = sequence;
  manifest.made_ms = 1'700'000'000'000 + static_cast<UnixMillis>(sequence);
  return make_checkpoint(directory, manifest, [&](const fs::path& metadata) -> Status {
    OBJSTORE_TRY(make_directories(metadata));
    OBJSTORE_TRY(link_or_copy(table, metadata / "000001.sst"));
    write(metadata / "CURRENT", "current " + std::to_string(sequence));
    return {};
  });
}

bool wait_for(const std::function<bool()>& condition) {
  for (int i = 0; i < 1000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return condition();
}

}  // namespace

TEST_CASE("checkpoints are listed from the newest on, and pruned from the oldest on") {
  const test::Directory directory;
  const fs::path set = directory.file("set");
  write(directory.file("table"), "rows");
  CHECK(must(list_checkpoints(set)).empty());
  for (std::uint64_t i = 1; i <= 4; ++i) must(make(set, i, directory.file("table")));
  CHECK(must(list_checkpoints(set)).front().manifest.sequence == 4);
  CHECK(must(list_checkpoints(set)).front().path.filename() == "20231114T221320.004Z");
  fs::create_directories(set / "20231114T221320.009Z.new");
  REQUIRE(prune_checkpoints(set, 2));
  const auto left = must(list_checkpoints(set));
  REQUIRE(left.size() == 2);
  CHECK(left.back().manifest.sequence == 3);
  CHECK(std::distance(fs::directory_iterator(set), fs::directory_iterator()) == 2);
}

TEST_CASE("a checkpoint that is not whole does not exist") {
  const test::Directory directory;
  const fs::path set = directory.file("set");
  write(directory.file("table"), "rows");
  for (std::uint64_t i = 1; i <= 4; ++i) must(make(set, i, directory.file("table")));
  const auto all = must(list_checkpoints(set));
  fs::remove(all[0].metadata() / "CURRENT");
  fs::resize_file(all[1].path / "manifest", 10);
  fs::remove(all[2].path / "manifest");
  const auto left = must(list_checkpoints(set));
  REQUIRE(left.size() == 1);
  CHECK(left.front().manifest.sequence == 1);
}

TEST_CASE("a manifest of a later version is refused") {
  CheckpointManifest manifest;
  manifest.store_id = "store";
  manifest.sequence = ~std::uint64_t{0};
  manifest.segments.push_back({~std::uint64_t{0}, 4096, true});
  manifest.files.push_back({"000001.sst", 1, 2, -3});
  std::string text = encode(manifest);
  const auto read = must(decode_checkpoint_manifest(text));
  CHECK(read.sequence == manifest.sequence);
  CHECK(read.segments.front().id == manifest.segments.front().id);
  CHECK(read.files == manifest.files);
  text.replace(text.find(":1,"), 3, ":2,");
  CHECK(test::error_of(decode_checkpoint_manifest(text)) == Errc::kUnsupported);
  CHECK(test::error_of(decode_checkpoint_manifest("{}")) == Errc::kCorrupt);
  CHECK(test::error_of(decode_checkpoint_manifest("")) == Errc::kCorrupt);
}

TEST_CASE("a copy elsewhere takes a table over once, and is no link to the original") {
  const test::Directory directory;
  const fs::path set = directory.file("set");
  const fs::path copies = directory.file("copies");
  write(directory.file("table"), std::string(100'000, 'r'));
  const auto first = must(make(set, 1, directory.file("table")));
  CHECK(must(copy_checkpoint(first, copies)) > 100'000);
  const auto second = must(make(set, 2, directory.file("table")));
  CHECK(must(copy_checkpoint(second, copies)) < 1'000);
  const auto copied = must(list_checkpoints(copies));
  REQUIRE(copied.size() == 2);
  const fs::path table = copied[0].metadata() / "000001.sst";
  CHECK(fs::equivalent(table, copied[1].metadata() / "000001.sst"));
  CHECK_FALSE(fs::equivalent(table, directory.file("table")));
  // Another table of the same name and size, as after a rebuild.
  write(directory.file("other"), std::string(100'000, 's'));
  const auto third = must(make(set, 3, directory.file("other")));
  CHECK(must(copy_checkpoint(third, copies)) > 100'000);
  CHECK(must(read_file(must(list_checkpoints(copies)).front().metadata() / "000001.sst")).front() == 's');
}

TEST_CASE("the worker makes a checkpoint at once, at a wish, and at its stop") {
  const test::Directory directory;
  TestStore store(test::Backing::kFiles);
  must(store.catalog().create_bucket(test::bucket_name("bucket"), "root", "us-east-1").wait());
  Checkpointer worker(store.engine(), {.directory = directory.file("near"),
                                       .copies = {directory.file("far")},
                                       .store_id = "store",
                                       .interval = std::chrono::seconds(300)});
  worker.start();
  REQUIRE(wait_for([&] { return worker.stats().made == 1; }));
  const std::uint64_t mark = store.engine().removal_gate().mark();
  CHECK_FALSE(store.engine().removal_gate().passed(mark));
  store.clock().advance(Checkpointer::kHurry);
  REQUIRE(wait_for([&] { return worker.stats().made == 2; }));
  CHECK(wait_for([&] { return store.engine().removal_gate().passed(mark); }));
  must(test::put(store.catalog(), "bucket", "key", "body"));
  store.clock().advance(std::chrono::seconds(1));
  worker.stop();
  CHECK(worker.stats().made == 3);
  CHECK(worker.stats().failure.empty());
  for (const char* place : {"near", "far"}) {
    const auto all = must(list_checkpoints(directory.file(place)));
    REQUIRE(all.size() == Checkpointer::kKept);
    const auto metadata = must(open_rocksdb_metadata_store({.directory = all.front().metadata().string()}));
    CHECK(metadata->scan(Table::kInline, {})->valid());
  }
}

TEST_CASE("a checkpoint that cannot be made is told, and lets no removal pass") {
  const test::Directory directory;
  TestStore store(test::Backing::kFiles);
  write(directory.file("near"), "a file where the directory should be");
  Checkpointer worker(store.engine(), {.directory = directory.file("near"), .copies = {}, .store_id = "store"});
  store.engine().removal_gate().require_checkpoints();
  const std::uint64_t mark = store.engine().removal_gate().mark();
  CHECK_FALSE(worker.make());
  CHECK_FALSE(worker.stats().failure.empty());
  CHECK_FALSE(store.engine().removal_gate().passed(mark));
}
