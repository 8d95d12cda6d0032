// Each invariant of the storage layer's tables broken on purpose, and the finding that says so.
#include "server/storage/blob_writer.h"
#include "server/storage/staging.h"
#include "tests/unit/model/check_bench.h"

using namespace objstore;
using namespace objstore::test;

TEST_CASE("a store with one of everything is clean, in one pass and in many") {
  CheckBench bench;
  CHECK(kinds(bench.check()).empty());
  CHECK(kinds(bench.check(2)).empty());
}

TEST_CASE("what was deleted and not yet collected is no finding, nor what was collected") {
  CheckBench bench;
  for (const char* key : {"inline", "one-chunk", "paged", "assembled", "source"})
    must(bench.store.catalog().remove(bucket_name("photos"), object_name(key), {}).wait());
  CHECK(kinds(bench.check()).empty());
  bench.store.collect();
  CHECK(kinds(bench.check()).empty());
}

TEST_CASE("an upload in progress, and one that was given up, are no finding") {
  CheckBench bench;
  {
    auto writer = bench.store.engine().new_blob(0);
    for (std::uint64_t seed = 10; seed < 18; ++seed) REQUIRE(writer->write(as_bytes(random_bytes(1u << 20, seed))));
    REQUIRE(bench.store.rows(Table::kBlobPages) > 2);
    CHECK(kinds(bench.check()).empty());
    const std::string marker = bench.first_key(Table::kStore, storage::kStagedPrefix);
    bench.erase(Table::kStore, marker);
    is(only(bench.check()), Severity::kLeak, "blob-unmarked", {});
    bench.put_row(Table::kStore, marker, "1");
  }
  must(bench.store.engine().committer().submit({}, {}).wait());
  CHECK(kinds(bench.check()).empty());
  bench.store.collect();
  CHECK(kinds(bench.check()).empty());
}

TEST_CASE("a wrong count of a blob: too low is damage, too high a leak") {
  CheckBench bench;
  bench.add(storage::blob_count_key(bench.blob_of("paged")), -1);
  is(only(bench.check()), Severity::kDamage, "blob-count", kPaged);
  bench.add(storage::blob_count_key(bench.blob_of("paged")), 3);
  is(only(bench.check()), Severity::kLeak, "blob-count", kPaged);
}

TEST_CASE("a blob that is missing") {
  CheckBench bench;
  bench.erase(Table::kBlobs, storage::id_key(bench.blob_of("one-chunk")));
  const Findings findings = bench.check();
  CHECK(kinds(findings) == std::set<std::string>{"blob-missing", "content-wrong", "blob-count-orphan", "chunk-count"});
  for (const Finding& finding : findings.kept())
    if (finding.kind == "blob-missing") is(finding, Severity::kDamage, "blob-missing", {"one-chunk"});
}

TEST_CASE("a blob without one of its pages") {
  CheckBench bench;
  bench.erase(Table::kBlobPages, storage::page_key(bench.blob_of("paged"), 0));
  const Findings findings = bench.check();
  CHECK(kinds(findings) == std::set<std::string>{"blob-pages", "chunk-count"});
  is(findings.kept().front(), Severity::kDamage, "blob-pages", kPaged);
}

TEST_CASE("a blob whose size is not that of its chunks") {
  CheckBench bench;
  const std::uint64_t id = bench.blob_of("paged");
  auto row = bench.blob(id);
  row.size += 1;
  bench.put_row(Table::kBlobs, storage::id_key(id), encode(row));
  is(only(bench.check()), Severity::kDamage, "blob-size", kPaged);
}

TEST_CASE("a blob that does not consist of what its content hash says") {
  CheckBench bench;
  const std::uint64_t id = bench.blob_of("one-chunk");
  auto row = bench.blob(id);
  const std::string old_content = storage::content_key(0, row.content_hash);
  row.content_hash[0] = static_cast<char>(row.content_hash[0] ^ 1);
  bench.put_row(Table::kBlobs, storage::id_key(id), encode(row));
  bench.put_row(Table::kContents, storage::content_key(0, row.content_hash), storage::id_key(id));
  bench.erase(Table::kContents, old_content);
  is(only(bench.check()), Severity::kDamage, "blob-content", {"one-chunk"});
}

TEST_CASE("an extent outside of its blob") {
  CheckBench bench;
  auto row = bench.object("one-chunk");
  row.layout.extents[0].offset = 1;
  bench.put_row(Table::kObjects, model::object_key(bench.bucket(), "one-chunk"), encode(row));
  is(only(bench.check()), Severity::kDamage, "extent-outside", {"one-chunk"});
}

TEST_CASE("an object whose pieces have another size") {
  CheckBench bench;
  auto row = bench.object("one-chunk");
  row.layout.extents[0].length -= 1;
  bench.put_row(Table::kObjects, model::object_key(bench.bucket(), "one-chunk"), encode(row));
  is(only(bench.check()), Severity::kDamage, "layout-size", {"one-chunk"});
}

TEST_CASE("contents: a row that is missing is a leak, one that names another blob is damage") {
  CheckBench bench;
  const auto row = bench.blob(bench.blob_of("one-chunk"));
  const std::string key = storage::content_key(0, row.content_hash);
  const std::string value = bench.value(Table::kContents, key);
  bench.erase(Table::kContents, key);
  is(only(bench.check()), Severity::kLeak, "content-missing", {"one-chunk"});
  bench.put_row(Table::kContents, key, value);
  bench.put_row(Table::kContents, storage::content_key(0, std::string(32, 'h')), value);
  is(only(bench.check()), Severity::kDamage, "content-wrong", {"one-chunk"});
}

TEST_CASE("a blob that nobody uses and the collector does not know of") {
  CheckBench bench;
  must(bench.store.catalog().remove(bucket_name("photos"), object_name("one-chunk"), {}).wait());
  bench.erase(Table::kQueue, bench.first_key(Table::kQueue));
  is(only(bench.check()), Severity::kLeak, "blob-unqueued", {});
}

TEST_CASE("a blob that is being released while an object needs it") {
  CheckBench bench;
  const std::uint64_t id = bench.blob_of("one-chunk");
  auto row = bench.blob(id);
  bench.erase(Table::kContents, storage::content_key(0, row.content_hash));
  row.state = storage::BlobState::kReleasing;
  Batch batch;
  batch.put(Table::kBlobs, storage::id_key(id), encode(row));
  batch.put(Table::kQueue, storage::id_key(1), encode(storage::Release{.blobs = {id}}));
  bench.write(std::move(batch));
  is(only(bench.check()), Severity::kDamage, "blob-unpublished", {"one-chunk"});
}

TEST_CASE("a page of chunks without a blob") {
  CheckBench bench;
  bench.put_row(Table::kBlobPages, storage::page_key(0xffff, 0), storage::encode_chunk_page({}));
  is(only(bench.check()), Severity::kLeak, "blob-page-orphan", {});
}

TEST_CASE("manifests: wrong counts, and a page that is missing") {
  CheckBench bench;
  const std::uint64_t manifest = bench.object("assembled").layout.manifest;
  REQUIRE(manifest != 0);
  bench.add(storage::manifest_count_key(manifest), 1);
  is(only(bench.check()), Severity::kLeak, "manifest-count", {"assembled"});
  bench.add(storage::manifest_count_key(manifest), -2);
  is(only(bench.check()), Severity::kDamage, "manifest-count", {"assembled"});
  bench.add(storage::manifest_count_key(manifest), 1);
  bench.erase(Table::kManifests, storage::page_key(manifest, 0));
  const Findings findings = bench.check();
  CHECK(kinds(findings) == std::set<std::string>{"manifest-missing", "blob-count"});
  for (const Finding& finding : findings.kept())
    if (finding.kind == "manifest-missing") is(finding, Severity::kDamage, "manifest-missing", {"assembled"});
}

TEST_CASE("a manifest that nobody has") {
  CheckBench bench;
  bench.put_row(Table::kManifests, storage::page_key(0xffff, 0), storage::encode_manifest_page({}));
  is(only(bench.check()), Severity::kLeak, "manifest-unqueued", {});
}

TEST_CASE("a chunk that is missing names every object that needs it") {
  CheckBench bench;
  const auto key = bench.chunk_of("one-chunk");
  const auto row = bench.chunk(key);
  bench.erase(Table::kChunks, storage::chunk_key(key));
  bench.add(storage::segment_live_key(row.placements[0].location.segment),
            -static_cast<std::int64_t>(row.placements[0].location.length));
  is(only(bench.check()), Severity::kDamage, "chunk-missing", {"one-chunk"});
}

TEST_CASE("a wrong count of a chunk: too low is damage, too high a leak") {
  CheckBench bench;
  const std::string counter = storage::chunk_count_key(bench.chunk_of("one-chunk"));
  bench.add(counter, -1);
  is(only(bench.check()), Severity::kDamage, "chunk-count", {"one-chunk"});
  bench.add(counter, 2);
  is(only(bench.check()), Severity::kLeak, "chunk-count", {"one-chunk"});
}

TEST_CASE("a chunk whose row says another size than the blob") {
  CheckBench bench;
  const auto key = bench.chunk_of("one-chunk");
  auto row = bench.chunk(key);
  row.raw_size += 1;
  bench.put_row(Table::kChunks, storage::chunk_key(key), encode(row));
  is(only(bench.check()), Severity::kDamage, "chunk-size", {"one-chunk"});
}

TEST_CASE("a chunk that was found damaged") {
  CheckBench bench;
  const auto key = bench.chunk_of("one-chunk");
  bench.store.engine().quarantine(key, bench.chunk(key).placements[0].location);
  is(only(bench.check()), Severity::kDamage, "chunk-damaged", {"one-chunk"});
}

TEST_CASE("a chunk in a segment that is not there, and one outside of its segment") {
  CheckBench bench;
  const auto key = bench.chunk_of("one-chunk");
  const auto row = bench.chunk(key);
  auto moved = row;
  moved.placements[0].location.offset = std::uint64_t{1} << 40;
  bench.put_row(Table::kChunks, storage::chunk_key(key), encode(moved));
  is(only(bench.check()), Severity::kDamage, "placement-missing", {"one-chunk"});
  moved.placements[0].location.segment = 0xffff;
  bench.put_row(Table::kChunks, storage::chunk_key(key), encode(moved));
  const Findings findings = bench.check();
  CHECK(kinds(findings) == std::set<std::string>{"placement-missing", "segment-live"});
  CHECK(std::ranges::any_of(findings.kept(), [](const Finding& f) { return keys(f).contains("one-chunk"); }));
}

TEST_CASE("chunks that nobody uses, or that are marked for removal and used") {
  CheckBench bench;
  const auto key = bench.chunk_of("one-chunk");
  auto row = bench.chunk(key);
  row.condemned = true;
  bench.put_row(Table::kChunks, storage::chunk_key(key), encode(row));
  is(only(bench.check()), Severity::kLeak, "chunk-condemned", {"one-chunk"});
  row.condemned = false;
  bench.put_row(Table::kChunks, storage::chunk_key(key), encode(row));
  storage::ChunkRow unused;
  unused.raw_size = 1;
  bench.put_row(Table::kChunks, storage::chunk_key({0, storage::ChunkId{}}), encode(unused));
  is(only(bench.check()), Severity::kLeak, "chunk-unqueued", {});
  bench.erase(Table::kChunks, storage::chunk_key({0, storage::ChunkId{}}));
  bench.add(storage::chunk_count_key({0, storage::ChunkId{}}), 1);
  is(only(bench.check()), Severity::kLeak, "chunk-count-orphan", {});
}

TEST_CASE("a segment's bytes in use: too few is damage, too many a leak") {
  CheckBench bench;
  const auto segment = bench.chunk(bench.chunk_of("one-chunk")).placements[0].location.segment;
  bench.add(storage::segment_live_key(segment), -1);
  is(only(bench.check()), Severity::kDamage, "segment-live", {});
  bench.add(storage::segment_live_key(segment), 2);
  is(only(bench.check()), Severity::kLeak, "segment-live", {});
}

TEST_CASE("a row that cannot be read is a finding, whatever its table") {
  for (const Table table : {Table::kBuckets, Table::kObjects, Table::kManifests, Table::kContents, Table::kBlobs,
                            Table::kBlobPages, Table::kChunks, Table::kQueue, Table::kUploads, Table::kParts}) {
    CheckBench bench;
    const std::string key =
        table == Table::kQueue ? storage::id_key(5) : bench.first_key(table, table == Table::kParts ? "u" : "");
    bench.put_row(table, key, "\xff\xff\xff");
    INFO(to_string(table));
    CHECK(kinds(bench.check()).contains("row-unreadable"));
  }
}

TEST_CASE("a counter that nobody knows") {
  CheckBench bench;
  bench.add("x", 1);
  is(only(bench.check()), Severity::kDamage, "row-unreadable", {});
}

TEST_CASE("findings are kept up to a bound and counted beyond it") {
  CheckBench bench;
  for (std::uint64_t i = 0; i < Findings::kKept + 10; ++i)
    bench.put_row(Table::kInline, storage::id_key(0xffff00 + i), "x");
  const Findings findings = bench.check();
  CHECK(findings.leaks() == Findings::kKept + 10);
  CHECK(findings.kept().size() == Findings::kKept);
}

TEST_CASE("a check that is cancelled says so") {
  CheckBench bench;
  storage::CheckOptions options;
  options.cancelled = [] { return true; };
  CHECK(error_of(model::check_store({.metadata = bench.store.engine().metadata(), .segments = {}}, options)) ==
        Errc::kCancelled);
}

TEST_CASE("reading everything finds a flipped byte and names the objects") {
  CheckBench bench;
  auto& segments = bench.store.memory_segments();
  const auto location = bench.chunk(bench.chunk_of("one-chunk")).placements[0].location;
  const auto check = [&] {
    return must(model::check_store({.metadata = bench.store.engine().metadata(),
                                    .segments = segments.list(),
                                    .read = [&](const storage::Location& l) { return segments.read(l); }},
                                   {}));
  };
  CHECK(kinds(check()).empty());
  auto bytes = segments.bytes(location.segment);
  bytes[location.offset + location.length - 1] ^= std::byte{1};
  segments.set_bytes(location.segment, bytes);
  is(only(check()), Severity::kDamage, "chunk-unreadable", {"one-chunk"});
}
