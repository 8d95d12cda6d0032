// A store for tests: an engine and a catalogue over memory, or over real files that can be closed and opened again. The
// collector is stepped by hand.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "common/base/clock.h"
#include "common/base/executor.h"
#include "server/model/catalog.h"
#include "server/storage/collector.h"
#include "server/storage/engine.h"
#include "server/storage/local_segment_store.h"
#include "server/storage/memory_metadata_store.h"
#include "server/storage/memory_segment_store.h"
#include "server/storage/rocksdb_metadata_store.h"
#include "tests/support/interleave.h"

namespace objstore::test {

// Time stands still until it is moved.
class FakeClock final : public Clock {
 public:
  UnixMillis now_ms() const override { return now_.load(); }
  std::chrono::steady_clock::time_point steady_now() const override {
    ++looks_;
    return std::chrono::steady_clock::time_point(std::chrono::milliseconds(now_.load()));
  }
  void advance(std::chrono::milliseconds by) { now_ += by.count(); }
  // How often steady_now() was asked; who waits for an epoch asks again and again.
  std::uint64_t looks() const { return looks_; }

 private:
  std::atomic<UnixMillis> now_{1'700'000'000'000};
  mutable std::atomic<std::uint64_t> looks_{0};
};

class Directory {
 public:
  Directory() {
    std::string name = (std::filesystem::temp_directory_path() / "objstore-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

template <typename T>
T must(Result<T> result) {
  if (!result) FAIL("unexpected error: " << to_string(result.error().code) << ": " << result.error().message);
  return std::move(*result);
}

enum class Backing { kMemory, kFiles };

class TestStore {
 public:
  explicit TestStore(Backing backing = Backing::kMemory, std::size_t chunk_average = 4096, std::size_t disks = 1,
                     std::size_t copies = 1)
      : backing_(backing), disks_(disks), copies_(copies) {
    options_.chunk_average = chunk_average;
    options_.compaction_bytes_per_second = 0;
    options_.scrub_bytes_per_second = 0;
    options_.background = false;
    open();
  }
  ~TestStore() { close(); }

  void open() {
    auto metadata = backing_ == Backing::kMemory
                        ? storage::make_memory_metadata_store()
                        : must(storage::open_rocksdb_metadata_store({.directory = directory_.file("metadata")}));
    auto between = std::make_unique<InterleavedMetadata>(std::move(metadata));
    between_ = between.get();
    engine_ = must(storage::Engine::open(
        std::move(between), [this](std::uint64_t first) { return open_segments(first); }, pool_, clock_, options_));
    catalog_ = must(model::Catalog::open(*engine_, pool_, clock_));
  }
  void close() {
    catalog_.reset();
    engine_.reset();
  }
  void reopen() {
    close();
    open();
  }

  storage::Engine& engine() { return *engine_; }
  model::Catalog& catalog() { return *catalog_; }
  FakeClock& clock() { return clock_; }
  // Of the open store: lets a test come in between an operation's look and its commit.
  InterleavedMetadata& between() { return *between_; }
  // Steps the collector until there is nothing left to follow. What a destroyed writer has submitted comes first.
  void collect() {
    must(engine_->committer().submit({}, {}).wait());
    for (int round = 0; must(engine_->collector().step()) > 0; ++round) {
      if (round == kRoundsMax) FAIL("the collector comes to no end");
    }
  }
  // Bytes of records that are in use.
  std::uint64_t live_bytes() { return must(engine_->space()).live_bytes; }
  std::size_t rows(storage::Table table) {
    const auto cursor = engine_->metadata().scan(table, {});
    std::size_t count = 0;
    for (; cursor->valid(); cursor->next()) ++count;
    return count;
  }
  // Where the segments of a disk lie, the first one being 0.
  std::string disk(std::size_t number) const {
    return directory_.file(number == 0 ? "segments" : "disk" + std::to_string(number));
  }
  void set_copies(std::size_t copies) { copies_ = copies; }                           // from the next open() on
  void set_verified_for(std::chrono::seconds time) { options_.verified_for = time; }  // likewise
  storage::MemorySegmentStore& memory_segments() {
    return dynamic_cast<storage::MemorySegmentStore&>(engine_->segments());
  }

 private:
  std::vector<std::string> more_disks() const {
    std::vector<std::string> disks;
    for (std::size_t i = 1; i < disks_; ++i) disks.push_back(disk(i));
    return disks;
  }
  Result<std::unique_ptr<storage::SegmentStore>> open_segments(std::uint64_t first) {
    if (backing_ == Backing::kMemory) return std::make_unique<storage::MemorySegmentStore>(std::uint64_t{1} << 20);
    return storage::open_local_segment_store({.directory = directory_.file("segments"),
                                              .more_directories = more_disks(),
                                              .copies = copies_,
                                              .go_on_without_missing = true,
                                              .first_segment_id = first,
                                              .segment_bytes_max = std::uint64_t{1} << 20,
                                              .preallocation_bytes_min = std::uint64_t{1} << 20});
  }

  static constexpr int kRoundsMax = 10'000;

  const Backing backing_;
  const std::size_t disks_;
  std::size_t copies_;
  Directory directory_;
  FakeClock clock_;
  WorkerPool pool_{2};
  storage::EngineOptions options_;
  InterleavedMetadata* between_ = nullptr;  // of the engine
  std::unique_ptr<storage::Engine> engine_;
  std::unique_ptr<model::Catalog> catalog_;
};

// The collector on a thread of its own, until nothing is left to follow. Its end is waited for: whoever must come to an
// end before (an upload, a reader) is declared after it.
class CollectorBeside {
 public:
  explicit CollectorBeside(TestStore& store)
      : clock_(store.clock()), looked_(clock_.looks()), thread_([this, &store] {
          store.collect();
          done_ = true;
        }) {}
  // True once it has asked again and again whether an epoch is over; false once it has come to its end.
  bool waits() const {
    while (!done_ && clock_.looks() < looked_ + 3) std::this_thread::yield();
    return !done_;
  }

 private:
  FakeClock& clock_;
  const std::uint64_t looked_;
  std::atomic<bool> done_{false};
  std::jthread thread_;  // last: it uses all of the above
};

// Bytes that do not compress and repeat for the same seed.
inline std::string random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

inline Result<std::string> drain(Source& source) {
  std::string all;
  while (true) {
    OBJSTORE_ASSIGN(const Buffer piece, source.next());
    if (piece.empty()) return all;
    all += as_text(piece.view());
  }
}

// --- The catalogue in a few words.
inline BucketName bucket_name(std::string_view text) {
  return must(BucketName::parse(text));
}
inline ObjectKey object_name(std::string_view text) {
  return must(ObjectKey::parse(text));
}

inline Result<model::ObjectInfo> put(model::Catalog& catalog, const std::string& bucket, const std::string& key,
                                     std::string_view body, model::ObjectWriter::Commit what = {}) {
  OBJSTORE_ASSIGN(auto writer, catalog.begin_put(bucket_name(bucket), object_name(key)));
  // In uneven pieces, as a socket would give them.
  for (std::size_t at = 0, step = 1; at < body.size(); at += step, step = step * 3 + 1) {
    OBJSTORE_TRY(writer->write(as_bytes(body.substr(at, step))));
  }
  OBJSTORE_ASSIGN(const BodyDigest::Digests digests, writer->seal());
  if (digests.md5 != md5(as_bytes(body))) return fail(Errc::kInternal, "wrong MD5");
  return writer->commit(std::move(what)).wait();
}

inline Result<std::string> get(model::Catalog& catalog, const std::string& bucket, const std::string& key) {
  OBJSTORE_ASSIGN(const auto object, catalog.open_object(bucket_name(bucket), object_name(key)));
  return drain(*object->read({0, object->info().size}));
}

inline Result<model::PartInfo> put_part(model::Catalog& catalog, const std::string& bucket, const std::string& key,
                                        const std::string& upload_id, std::uint32_t number, std::string_view body) {
  OBJSTORE_ASSIGN(auto writer, catalog.begin_part(bucket_name(bucket), object_name(key), upload_id, number));
  OBJSTORE_TRY(writer->write(as_bytes(body)));
  OBJSTORE_ASSIGN(const BodyDigest::Digests digests, writer->seal());
  static_cast<void>(digests);
  return writer->commit(std::nullopt).wait();
}

inline Errc error_of(const auto& result) {
  REQUIRE_FALSE(result.has_value());
  return result.error().code;
}

}  // namespace objstore::test
