// One bucket with more and more keys of small objects, which lie in the metadata whole.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <random>

#include "bench/growth/growth.h"
#include "bench/growth/in_flight.h"
#include "bench/growth/rounds.h"
#include "bench/growth/store.h"
#include "bench/splitmix.h"

namespace objstore::bench {
namespace {

constexpr std::uint64_t kWrites = 2'000;  // operations of a run
constexpr std::uint64_t kReads = 5'000;
constexpr std::uint64_t kPages = 200;
constexpr std::uint64_t kPageKeys = model::kListPageMax;
constexpr std::size_t kBodyWords = 16;  // 128 bytes

using Body = std::array<std::uint64_t, kBodyWords>;

// The same object has the same bytes whenever it is stored, so that a reader can tell.
Body body_of(std::uint64_t object) {
  Body body;
  for (std::size_t i = 0; i < kBodyWords; ++i) body[i] = mix(object * kBodyWords + i);
  return body;
}

Result<ObjectKey> key_at(std::uint64_t place) {
  return ObjectKey::parse(fmt::format("objects/{:016x}", place));
}

// Objects are numbered from 0 as they come; those of [first_, end_) are there. The key of each is at a random place
// among all keys, so that what is next to be stored or deleted is anywhere, and long in the store.
class Keys {
 public:
  Keys(Store& store, BucketName bucket) : catalog_(store.catalog()), bucket_(std::move(bucket)) {}

  Status grow(std::uint64_t size, GrowthTable& table);
  Status measure_all(unsigned rounds, GrowthTable& table);

 private:
  std::uint64_t size() const { return end_ - first_; }
  std::uint64_t any() { return first_ + random_() % size(); }
  static Result<ObjectKey> key(std::uint64_t object) { return key_at(mix(object)); }
  Result<Ticket<model::ObjectInfo>> put(std::uint64_t object);
  Status put_new(std::uint64_t count);
  Status overwrite();
  Status head();
  Status get();
  Status get_one(std::uint64_t object);
  Status remove();
  Status list();

  model::Catalog& catalog_;
  const BucketName bucket_;
  std::uint64_t first_ = 0;
  std::uint64_t end_ = 0;
  std::mt19937_64 random_{1};  // the same choice in every run
};

Result<Ticket<model::ObjectInfo>> Keys::put(std::uint64_t object) {
  OBJSTORE_ASSIGN(const ObjectKey name, key(object));
  const Body body = body_of(object);
  OBJSTORE_ASSIGN(const auto writer, catalog_.begin_put(bucket_, name));
  OBJSTORE_TRY(writer->write(std::as_bytes(std::span(body))));
  OBJSTORE_TRY(writer->seal());
  return writer->commit({});
}

Status Keys::put_new(std::uint64_t count) {
  InFlight<model::ObjectInfo> puts;
  for (std::uint64_t i = 0; i < count; ++i) {
    OBJSTORE_ASSIGN(auto ticket, put(end_ + i));
    OBJSTORE_TRY(puts.add(std::move(ticket)));
  }
  end_ += count;
  return puts.finish();
}

Status Keys::overwrite() {
  InFlight<model::ObjectInfo> puts;
  for (std::uint64_t i = 0; i < kWrites; ++i) {
    OBJSTORE_ASSIGN(auto ticket, put(any()));
    OBJSTORE_TRY(puts.add(std::move(ticket)));
  }
  return puts.finish();
}

Status Keys::head() {
  for (std::uint64_t i = 0; i < kReads; ++i) {
    OBJSTORE_ASSIGN(const ObjectKey name, key(any()));
    OBJSTORE_TRY(catalog_.head(bucket_, name));
  }
  return {};
}

Status Keys::get() {
  for (std::uint64_t i = 0; i < kReads; ++i) OBJSTORE_TRY(get_one(any()));
  return {};
}

Status Keys::get_one(std::uint64_t object) {
  OBJSTORE_ASSIGN(const ObjectKey name, key(object));
  OBJSTORE_ASSIGN(const auto opened, catalog_.open_object(bucket_, name));
  const auto source = opened->read({0, opened->info().size});
  OBJSTORE_ASSIGN(const Buffer bytes, source->next());
  const Body wanted = body_of(object);
  if (bytes.size() != sizeof wanted || std::memcmp(bytes.view().data(), wanted.data(), sizeof wanted) != 0) {
    return fail(Errc::kInternal, name.str() + ": not what was stored");
  }
  return {};
}

Status Keys::remove() {
  InFlight<model::DeleteResult> removals;
  for (std::uint64_t i = 0; i < kWrites; ++i) {
    OBJSTORE_ASSIGN(const ObjectKey name, key(first_ + i));
    OBJSTORE_TRY(removals.add(catalog_.remove(bucket_, name, {}).map([](Result<model::DeleteResult> result) {
      if (result && !result->existed) return Result<model::DeleteResult>(fail(Errc::kInternal, "a key was not there"));
      return result;
    })));
  }
  first_ += kWrites;
  return removals.finish();
}

// Not so far behind that a page would be short.
Status Keys::list() {
  const double share = 1.0 - 2.0 * static_cast<double>(kPageKeys) / static_cast<double>(size());
  for (std::uint64_t i = 0; i < kPages; ++i) {
    const double place = static_cast<double>(random_()) * share;
    OBJSTORE_ASSIGN(const ObjectKey after, key_at(static_cast<std::uint64_t>(place)));
    OBJSTORE_ASSIGN(const model::ListPage page, catalog_.list(bucket_, {.after = after.str()}));
    if (page.objects.size() != kPageKeys) return fail(Errc::kInternal, "a page is short");
  }
  return {};
}

// The CPU time has all of compaction in it, so it is taken when that rests.
Status Keys::grow(std::uint64_t size_wanted, GrowthTable& table) {
  const std::uint64_t count = size_wanted - size();
  const Meter meter;
  OBJSTORE_TRY(put_new(count));
  Cost cost = meter.per_operation(count);
  OBJSTORE_TRY(settle());
  cost.cpu_us = meter.per_operation(count).cpu_us;
  table.begin_size(static_cast<double>(size_wanted));
  table.add("put while it grows, all compaction", cost);
  return {};
}

// As many keys come as go in a round, so the size stays.
Status Keys::measure_all(unsigned rounds, GrowthTable& table) {
  const std::array<Operation, 6> operations = {{
      {.name = "put, new key", .count = kWrites, .run = [this] { return put_new(kWrites); }},
      {.name = "put, overwrite", .count = kWrites, .run = [this] { return overwrite(); }},
      {.name = "head", .count = kReads, .run = [this] { return head(); }},
      {.name = "get", .count = kReads, .run = [this] { return get(); }},
      {.name = "delete", .count = kWrites, .run = [this] { return remove(); }},
      {.name = "list, a page of 1,000", .count = kPages, .run = [this] { return list(); }},
  }};
  return measure(operations, rounds, table);
}

}  // namespace

Result<std::string> measure_keys(const GrowthOptions& options) {
  OBJSTORE_ASSIGN(const auto store, Store::open(options.directory, options.cache_bytes));
  OBJSTORE_ASSIGN(BucketName bucket, store->make_bucket("growth", model::EtagKind::kMd5));
  Keys keys(*store, std::move(bucket));
  GrowthTable table("keys");
  for (const std::uint64_t size : options.sizes) {
    std::fprintf(stderr, "growth: filling up to %llu keys\n", static_cast<unsigned long long>(size));
    OBJSTORE_TRY(keys.grow(size, table));
    const std::uint64_t disk_bytes = store->engine().metadata().usage().disk_bytes;
    std::fprintf(stderr, "growth: measuring; metadata: %.0f MB\n", static_cast<double>(disk_bytes) / 1e6);
    OBJSTORE_TRY(keys.measure_all(options.rounds, table));
  }
  return table.markdown();
}

}  // namespace objstore::bench
