// A store with more and more unique chunks: what an index of their number costs those that look something up in it.
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <future>
#include <random>
#include <vector>

#include "bench/growth/growth.h"
#include "bench/growth/in_flight.h"
#include "bench/growth/rounds.h"
#include "bench/growth/store.h"
#include "bench/splitmix.h"
#include "server/storage/collector.h"

namespace objstore::bench {
namespace {

constexpr std::size_t kBodyBytes = std::size_t{16} << 20;
constexpr std::size_t kBodyWords = kBodyBytes / sizeof(std::uint64_t);
constexpr std::size_t kBodies = 8;  // of a run
constexpr std::size_t kWriteBytes = std::size_t{256} << 10;
constexpr std::uint64_t kSweeps = 20;
constexpr std::uint64_t kFirstScratch = std::uint64_t{1} << 36;  // bodies that stay are numbered from 0
constexpr int kFillers = 2;

using Body = std::vector<std::uint64_t>;

// No word of any body repeats in one of another number, so neither does a chunk.
void fill_body(std::uint64_t number, Body& body) {
  body.resize(kBodyWords);
  for (std::size_t i = 0; i < kBodyWords; ++i) body[i] = mix(number * kBodyWords + i);
}

class Data {
 public:
  Data(Store& store, BucketName bucket) : store_(store), bucket_(std::move(bucket)), bodies_(kBodies) {}

  Status grow(std::uint64_t gigabytes);
  Status measure_all(unsigned rounds, GrowthTable& table);

 private:
  Status put(const std::string& name, const Body& body);
  Status fill(std::atomic<std::uint64_t>& next, std::uint64_t end);
  Status make_new();
  Status make_known();
  Status store_all(std::string_view prefix);
  Status remove_all(std::string_view prefix);
  Status sweep();

  Store& store_;
  const BucketName bucket_;
  std::vector<Body> bodies_;  // of the next run
  std::uint64_t filled_ = 0;
  std::uint64_t scratch_ = kFirstScratch;
  std::mt19937_64 random_{1};  // the same choice in every run
};

Status Data::put(const std::string& name, const Body& body) {
  OBJSTORE_ASSIGN(const ObjectKey key, ObjectKey::parse(name));
  OBJSTORE_ASSIGN(const auto writer, store_.catalog().begin_put(bucket_, key));
  for (ByteView rest = std::as_bytes(std::span(body)); !rest.empty(); rest = rest.subspan(kWriteBytes)) {
    OBJSTORE_TRY(writer->write(rest.first(kWriteBytes)));
  }
  OBJSTORE_TRY(writer->seal());
  OBJSTORE_TRY(writer->commit({}).wait());
  return {};
}

Status Data::fill(std::atomic<std::uint64_t>& next, std::uint64_t end) {
  Body body;
  for (std::uint64_t number = next++; number < end; number = next++) {
    fill_body(number, body);
    OBJSTORE_TRY(put(fmt::format("fill/{:012}", number), body));
  }
  return {};
}

Status Data::grow(std::uint64_t gigabytes) {
  const std::uint64_t end = gigabytes * 1'000'000'000 / kBodyBytes;
  std::atomic<std::uint64_t> next = filled_;
  std::vector<std::future<Status>> fillers;
  for (int i = 0; i < kFillers; ++i) {
    fillers.push_back(std::async(std::launch::async, [&] { return fill(next, end); }));
  }
  Status outcome;
  for (std::future<Status>& filler : fillers) {
    if (Status done = filler.get(); !done) outcome = std::move(done);
  }
  OBJSTORE_TRY(outcome);
  filled_ = end;
  return settle();
}

// First what the round before has left is taken away.
Status Data::make_new() {
  OBJSTORE_TRY(remove_all("known"));
  OBJSTORE_TRY(store_.collect());
  for (Body& body : bodies_) fill_body(scratch_++, body);
  return {};
}

Status Data::make_known() {
  for (Body& body : bodies_) fill_body(random_() % filled_, body);
  return {};
}

Status Data::store_all(std::string_view prefix) {
  for (std::size_t i = 0; i < kBodies; ++i) OBJSTORE_TRY(put(fmt::format("{}/{}", prefix, i), bodies_[i]));
  return {};
}

Status Data::remove_all(std::string_view prefix) {
  InFlight<model::DeleteResult> removals;
  for (std::size_t i = 0; i < kBodies; ++i) {
    OBJSTORE_ASSIGN(const ObjectKey key, ObjectKey::parse(fmt::format("{}/{}", prefix, i)));
    OBJSTORE_TRY(removals.add(store_.catalog().remove(bucket_, key, {})));
  }
  return removals.finish();
}

Status Data::sweep() {
  for (std::uint64_t i = 0; i < kSweeps; ++i) OBJSTORE_TRY(store_.engine().collector().sweep());
  return {};
}

// What a round stores it takes away, so the size stays.
Status Data::measure_all(unsigned rounds, GrowthTable& table) {
  const std::array<Operation, 5> operations = {{
      {.name = "store 16 MiB, new",
       .count = kBodies,
       .run = [this] { return store_all("new"); },
       .prepare = [this] { return make_new(); }},
      {.name = "store 16 MiB that is there",
       .count = kBodies,
       .run = [this] { return store_all("known"); },
       .prepare = [this] { return make_known(); }},
      {.name = "delete an object of 16 MiB", .count = kBodies, .run = [this] { return remove_all("new"); }},
      {.name = "release its chunks (collector)", .count = kBodies, .run = [this] { return store_.collect(); }},
      {.name = "look for empty segments (collector)", .count = kSweeps, .run = [this] { return sweep(); }},
  }};
  return measure(operations, rounds, table);
}

}  // namespace

Result<std::string> measure_data(const GrowthOptions& options) {
  OBJSTORE_ASSIGN(const auto store, Store::open(options.directory, options.cache_bytes));
  OBJSTORE_ASSIGN(BucketName bucket, store->make_bucket("growth", model::EtagKind::kOpaque));
  Data data(*store, std::move(bucket));
  GrowthTable table("GB");
  for (const std::uint64_t size : options.sizes) {
    std::fprintf(stderr, "growth: filling up to %llu GB\n", static_cast<unsigned long long>(size));
    OBJSTORE_TRY(data.grow(size));
    OBJSTORE_ASSIGN(const auto space, store->engine().space());
    std::fprintf(stderr, "growth: measuring; segments: %.2f GB, metadata: %.0f MB\n",
                 static_cast<double>(space.written_bytes) / 1e9, static_cast<double>(space.metadata_bytes) / 1e6);
    table.begin_size(static_cast<double>(size));
    OBJSTORE_TRY(data.measure_all(options.rounds, table));
  }
  return table.markdown();
}

}  // namespace objstore::bench
