// Each invariant of the catalogue's tables broken on purpose, and the finding that says so.
#include "tests/unit/model/check_bench.h"

using namespace objstore;
using namespace objstore::test;

TEST_CASE("small bodies: one that is missing, one of another size, one that belongs to nobody") {
  CheckBench bench;
  const std::string key = bench.first_key(Table::kInline);
  const std::string body = bench.value(Table::kInline, key);
  bench.erase(Table::kInline, key);
  is(only(bench.check()), Severity::kDamage, "inline-missing", {"inline"});
  bench.put_row(Table::kInline, key, body + "x");
  is(only(bench.check()), Severity::kDamage, "inline-missing", {"inline"});
  bench.put_row(Table::kInline, key, body);
  bench.put_row(Table::kInline, storage::id_key(0xffff), body);
  is(only(bench.check()), Severity::kLeak, "inline-orphan", {});
}

TEST_CASE("part lists: one that is missing, and one that belongs to nobody") {
  CheckBench bench;
  const std::string key = bench.first_key(Table::kParts, "o");
  const std::string list = bench.value(Table::kParts, key);
  bench.erase(Table::kParts, key);
  is(only(bench.check()), Severity::kDamage, "part-list", {"assembled"});
  bench.put_row(Table::kParts, key, list);
  bench.put_row(Table::kParts, model::part_list_key(0xffff, 0), list);
  is(only(bench.check()), Severity::kLeak, "part-list-orphan", {});
}

TEST_CASE("two objects with one number") {
  CheckBench bench;
  auto row = bench.object("inline");
  row.info.key = "second";
  Batch batch;
  batch.put(Table::kObjects, model::object_key(bench.bucket(), "second"), encode(row));
  batch.add(model::bucket_bytes_key(bench.bucket()), static_cast<std::int64_t>(row.info.size));
  batch.add(model::bucket_objects_key(bench.bucket()), 1);
  bench.write(std::move(batch));
  is(only(bench.check()), Severity::kDamage, "object-id", {"second"});
}

TEST_CASE("rows of a bucket that does not exist") {
  CheckBench bench;
  bench.put_row(Table::kObjects, model::object_key(0xffff, "lost"), encode(model::ObjectRow{}));
  is(only(bench.check()), Severity::kDamage, "object-orphan", {"lost"});
  bench.erase(Table::kObjects, model::object_key(0xffff, "lost"));
  bench.put_row(Table::kUploads, model::upload_key(0xffff, "lost", "id"), encode(model::UploadRow{}));
  is(only(bench.check()), Severity::kLeak, "upload-orphan", {"lost"});
  bench.erase(Table::kUploads, model::upload_key(0xffff, "lost", "id"));
  bench.add(model::bucket_bytes_key(0xffff), 1);
  is(only(bench.check()), Severity::kLeak, "bucket-counters-orphan", {});
}

TEST_CASE("wrong figures of a bucket") {
  CheckBench bench;
  bench.add(model::bucket_bytes_key(bench.bucket()), 1);
  is(only(bench.check()), Severity::kDamage, "bucket-counters", {""});
  bench.add(model::bucket_bytes_key(bench.bucket()), -1);
  bench.add(model::bucket_objects_key(bench.bucket()), -1);
  CHECK(only(bench.check()).owners[0].bucket == "photos");
}

TEST_CASE("an object that says that its body lies in two places") {
  CheckBench bench;
  auto row = bench.object("one-chunk");
  row.inlined = true;
  bench.put_row(Table::kObjects, model::object_key(bench.bucket(), "one-chunk"), encode(row));
  CHECK(kinds(bench.check()).contains("object-body"));
}

TEST_CASE("a part without its upload, and a part that a completed upload still has") {
  CheckBench bench;
  model::PartRow part;
  part.info.number = 7;
  bench.put_row(Table::kParts, model::upload_part_key("nobody", 7), encode(part));
  const Finding finding = only(bench.check());
  is(finding, Severity::kLeak, "part-orphan", {""});
  CHECK(finding.owners[0].upload == "nobody");
  CHECK(finding.owners[0].part == 7);
}

TEST_CASE("a completed upload that would never be forgotten") {
  CheckBench bench;
  bench.erase(Table::kStore, bench.first_key(Table::kStore, model::kCompletedPrefix));
  is(only(bench.check()), Severity::kLeak, "upload-unnoted", {"assembled"});
}

TEST_CASE("a part of an upload names what it lost") {
  CheckBench bench;
  const auto cursor = bench.store.engine().metadata().scan(Table::kParts, "u");
  REQUIRE(cursor->valid());
  const auto part = must(model::decode_part(cursor->value()));
  bench.add(storage::blob_count_key(part.layout.extents[0].blob), -1);
  const Finding finding = only(bench.check());
  is(finding, Severity::kDamage, "blob-count", {"open"});
  CHECK(finding.owners[0].upload == bench.upload_id);
  CHECK(finding.owners[0].part == 1);
}
