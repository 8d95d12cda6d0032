// Many threads on one catalogue, with the collector beside them. Runs under ThreadSanitizer too.
#include <thread>

#include "tests/support/test_store.h"

using namespace objstore;
using namespace objstore::test;

namespace {

void in_threads(int count, const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  for (auto& thread : threads) thread.join();
}

struct Fixture {
  explicit Fixture(Backing backing = Backing::kMemory) : store(backing) {
    must(store.catalog().create_bucket(bucket_name("photos"), "alice", "").wait());
  }
  // Catch2's assertions are not for threads, so these count.
  void expect(bool holds) {
    if (!holds) ++failures;
  }
  std::size_t objects() { return must(store.catalog().totals()).objects; }
  TestStore store;
  std::atomic<int> failures{0};
};

}  // namespace

TEST_CASE("writers of one key replace each other, and everything but the last is given back") {
  for (const Backing backing : {Backing::kMemory, Backing::kFiles}) {
    Fixture fixture(backing);
    in_threads(8, [&](int thread) {
      for (int i = 0; i < 20; ++i) {
        const auto seed = static_cast<std::uint64_t>(thread * 100 + i);
        fixture.expect(put(fixture.store.catalog(), "photos", "k", random_bytes(10'000, seed)).has_value());
      }
    });
    CHECK(fixture.failures == 0);
    fixture.store.collect();
    CHECK(fixture.objects() == 1);
    CHECK(fixture.store.rows(storage::Table::kBlobs) == 1);
    CHECK(must(get(fixture.store.catalog(), "photos", "k")).size() == 10'000);
  }
}

TEST_CASE("bodies of many chunks that come at once each keep their own bytes and digests; some are given up midway") {
  Fixture fixture;
  in_threads(6, [&](int thread) {
    for (int i = 0; i < 10; ++i) {
      const auto seed = static_cast<std::uint64_t>(thread * 100 + i);
      const std::string body = random_bytes(20'000 + seed * 977 % 300'000, seed);
      const std::string key = std::to_string(seed);
      auto writer = fixture.store.catalog().begin_put(bucket_name("photos"), object_name(key));
      fixture.expect(writer.has_value());
      for (std::size_t at = 0; at < body.size(); at += 7'001)
        fixture.expect((*writer)->write(as_bytes(std::string_view(body).substr(at, 7'001))).has_value());
      if (i % 4 == 3) continue;
      const auto digests = (*writer)->seal();
      fixture.expect(digests && digests->md5 == md5(as_bytes(body)));
      const auto info = (*writer)->commit({}).wait();
      fixture.expect(info && info->etag == to_hex(md5(as_bytes(body))));
      const auto back = get(fixture.store.catalog(), "photos", key);
      fixture.expect(back && *back == body);
    }
  });
  CHECK(fixture.failures == 0);
  CHECK(fixture.objects() == 6 * 8);
}

TEST_CASE("of many writers that want the key to be absent, one wins") {
  Fixture fixture;
  std::atomic<int> won{0};
  in_threads(16, [&](int thread) {
    model::ObjectWriter::Commit commit;
    commit.condition = [](const model::ObjectInfo* current) -> Status {
      if (current != nullptr) return fail(Errc::kPreconditionFailed, "exists");
      return {};
    };
    const auto info = put(fixture.store.catalog(), "photos", "lock", std::to_string(thread), commit);
    if (info) ++won;
    fixture.expect(info || info.error().code == Errc::kPreconditionFailed);
  });
  CHECK(won == 1);
  CHECK(fixture.failures == 0);
}

TEST_CASE("equal contents come and go while the collector runs, and are whole whenever they are there") {
  Fixture fixture;
  std::atomic<bool> stop{false};
  std::thread collector([&] {
    while (!stop) fixture.store.collect();
  });
  in_threads(6, [&](int thread) {
    std::mt19937_64 random(static_cast<std::uint64_t>(thread));
    auto& catalog = fixture.store.catalog();
    for (int i = 0; i < 60; ++i) {
      const std::string key = "k" + std::to_string(random() % 4);
      const std::uint64_t seed = random() % 3;
      switch (random() % 3) {
        case 0: {
          const auto stored = put(catalog, "photos", key, random_bytes(20'000, seed));
          fixture.expect(stored || stored.error().code == Errc::kUnavailable);
          break;
        }
        case 1:
          fixture.expect(catalog.remove(bucket_name("photos"), object_name(key), {}).wait().has_value());
          break;
        default: {
          const auto body = get(catalog, "photos", key);
          bool known = !body && body.error().code == Errc::kNoSuchKey;
          for (std::uint64_t s = 0; body && s < 3; ++s) known = known || *body == random_bytes(20'000, s);
          fixture.expect(known);
        }
      }
    }
  });
  stop = true;
  collector.join();
  CHECK(fixture.failures == 0);
  for (int i = 0; i < 4; ++i) {
    must(fixture.store.catalog().remove(bucket_name("photos"), object_name("k" + std::to_string(i)), {}).wait());
  }
  fixture.store.collect();
  CHECK(fixture.store.rows(storage::Table::kChunks) == 0);
  CHECK(fixture.store.live_bytes() == 0);
}

TEST_CASE("parts that come in while the upload is completed or aborted are in it or refused, and nothing leaks") {
  for (int round = 0; round < 6; ++round) {
    Fixture fixture;
    auto& catalog = fixture.store.catalog();
    const auto upload = must(catalog.create_upload(bucket_name("photos"), object_name("k"), {}).wait());
    const auto first = must(put_part(catalog, "photos", "k", upload.upload_id, 1, "first"));
    in_threads(6, [&](int thread) {
      if (thread == 0 && round % 2 == 0) {
        model::CompleteOptions options;
        options.parts = {{1, first.etag, ""}};
        const auto done = catalog.complete(bucket_name("photos"), object_name("k"), upload.upload_id, options).wait();
        fixture.expect(done || done.error().code == Errc::kUnavailable || done.error().code == Errc::kInvalidPart);
      } else if (thread == 0) {
        const auto done = catalog.abort(bucket_name("photos"), object_name("k"), upload.upload_id).wait();
        fixture.expect(done || done.error().code == Errc::kNoSuchUpload);
      } else {
        const auto part = put_part(catalog, "photos", "k", upload.upload_id, static_cast<std::uint32_t>(1 + thread),
                                   random_bytes(5'000, static_cast<std::uint64_t>(thread)));
        fixture.expect(part || part.error().code == Errc::kNoSuchUpload || part.error().code == Errc::kUnavailable);
      }
    });
    CHECK(fixture.failures == 0);
    static_cast<void>(catalog.abort(bucket_name("photos"), object_name("k"), upload.upload_id).wait());
    must(catalog.remove(bucket_name("photos"), object_name("k"), {}).wait());
    fixture.store.collect();
    CHECK(fixture.store.rows(storage::Table::kParts) == 0);
    CHECK(fixture.store.rows(storage::Table::kBlobs) == 0);
    CHECK(fixture.store.live_bytes() == 0);
  }
}

TEST_CASE("a bucket that is deleted while objects come in is gone with none in it, or still there with all of them") {
  for (int round = 0; round < 10; ++round) {
    Fixture fixture;
    auto& catalog = fixture.store.catalog();
    std::atomic<int> stored{0};
    std::atomic<bool> deleted{false};
    in_threads(4, [&](int thread) {
      if (thread == 0) {
        deleted = catalog.delete_bucket(bucket_name("photos")).wait().has_value();
      } else if (put(catalog, "photos", std::to_string(thread), "x")) {
        ++stored;
      }
    });
    if (deleted) {
      CHECK(stored == 0);
      CHECK(fixture.store.rows(storage::Table::kObjects) == 0);
    } else {
      CHECK(fixture.store.rows(storage::Table::kObjects) == static_cast<std::size_t>(stored));
    }
  }
}
