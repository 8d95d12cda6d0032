// A store with one of everything, for tests that break it on purpose and look at what the check says.
#pragma once

#include <algorithm>
#include <set>

#include "server/model/check.h"
#include "server/model/model_rows.h"
#include "tests/support/test_store.h"

namespace objstore::test {

using storage::Batch;
using storage::Finding;
using storage::Findings;
using storage::Severity;
using storage::Table;

// A store with one of everything.
class CheckBench {
 public:
  CheckBench() {
    must(store.catalog().create_bucket(bucket_name("photos"), "alice", "").wait());
    must(put(store.catalog(), "photos", "inline", "a small body"));
    must(put(store.catalog(), "photos", "one-chunk", random_bytes(9'000, 1)));
    must(put(store.catalog(), "photos", "paged", random_bytes(150'000, 2)));
    must(store.catalog()
             .copy({bucket_name("photos"), object_name("paged"), {}}, bucket_name("photos"), object_name("paged-copy"),
                   {})
             .wait());
    multipart("assembled", 6);
    const auto open = must(store.catalog().create_upload(bucket_name("photos"), object_name("open"), {}).wait());
    upload_id = open.upload_id;
    must(put_part(store.catalog(), "photos", "open", upload_id, 1, random_bytes(20'000, 4)));
  }

  // More than four extents, so that there is a manifest; of copied parts, which cost nothing.
  void multipart(const std::string& key, std::uint32_t parts) {
    const auto name = object_name(key);
    must(put(store.catalog(), "photos", "source", std::string(5u << 20, 'x')));
    const auto upload = must(store.catalog().create_upload(bucket_name("photos"), name, {}).wait());
    model::CompleteOptions options;
    for (std::uint32_t number = 1; number <= parts; ++number) {
      const auto part = must(store.catalog()
                                 .copy_part({bucket_name("photos"), object_name("source"), {}}, std::nullopt,
                                            bucket_name("photos"), name, upload.upload_id, number)
                                 .wait());
      options.parts.push_back({number, part.etag, ""});
    }
    must(store.catalog().complete(bucket_name("photos"), name, upload.upload_id, options).wait());
  }

  Findings check(std::size_t entries_max = 1000) {
    storage::CheckOptions options;
    options.entries_max = entries_max;
    auto& engine = store.engine();
    return must(model::check_store({.metadata = engine.metadata(), .segments = engine.segments().list()}, options));
  }
  void write(Batch batch) { must(store.engine().committer().submit(std::move(batch), {}).wait()); }
  void put_row(Table table, std::string key, std::string value) {
    Batch batch;
    batch.put(table, std::move(key), std::move(value));
    write(std::move(batch));
  }
  void erase(Table table, std::string key) {
    Batch batch;
    batch.erase(table, std::move(key));
    write(std::move(batch));
  }
  void add(std::string counter, std::int64_t delta) {
    Batch batch;
    batch.add(std::move(counter), delta);
    write(std::move(batch));
  }
  std::string value(Table table, const std::string& key) {
    return must(store.engine().metadata().get(table, key)).value();
  }
  std::string first_key(Table table, std::string_view prefix = {}) {
    const auto cursor = store.engine().metadata().scan(table, prefix);
    REQUIRE(cursor->valid());
    return std::string(cursor->key());
  }
  std::uint64_t bucket() { return must(store.catalog().get_bucket(bucket_name("photos"))).id; }
  model::ObjectRow object(const std::string& key) {
    return must(model::decode_object(key, value(Table::kObjects, model::object_key(bucket(), key))));
  }
  std::uint64_t blob_of(const std::string& key) { return object(key).layout.extents.at(0).blob; }
  storage::BlobRow blob(std::uint64_t id) {
    return must(storage::decode_blob(value(Table::kBlobs, storage::id_key(id))));
  }
  storage::ChunkKey chunk_of(const std::string& key) { return {0, blob(blob_of(key)).chunks.at(0).id}; }
  storage::ChunkRow chunk(const storage::ChunkKey& key) {
    return must(storage::decode_chunk(value(Table::kChunks, storage::chunk_key(key))));
  }

  TestStore store;
  std::string upload_id;
};

inline std::set<std::string> kinds(const Findings& findings) {
  std::set<std::string> out;
  for (const Finding& finding : findings.kept()) out.insert(finding.kind);
  return out;
}

inline std::set<std::string> keys(const Finding& finding) {
  std::set<std::string> out;
  for (const auto& owner : finding.owners) out.insert(owner.key);
  return out;
}

// The only finding there is.
inline Finding only(const Findings& findings) {
  for (const Finding& finding : findings.kept()) UNSCOPED_INFO(finding.kind << ": " << finding.message);
  REQUIRE(findings.damage() + findings.leaks() == 1);
  return findings.kept().front();
}

inline void is(const Finding& finding, Severity severity, const std::string& kind,
               const std::set<std::string>& concerned) {
  INFO(finding.message);
  CHECK(finding.severity == severity);
  CHECK(finding.kind == kind);
  CHECK(keys(finding) == concerned);
  CHECK_FALSE(finding.advice.empty());
}

inline const std::set<std::string> kPaged{"paged", "paged-copy"};

}  // namespace objstore::test
