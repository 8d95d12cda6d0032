// Many threads at one committer, over both pairs of adapters.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "server/storage/committer.h"
#include "tests/contract/metadata_adapters.h"
#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::Batch;
using storage::Committer;
using storage::LaneSet;
using storage::Table;

struct InMemory {
  MemoryMetadata metadata;
  MemorySegments segments;
};
struct OnDisk {
  RocksdbMetadata metadata;
  DirectSegments segments;
};

constexpr int kThreads = 64;
constexpr int kRounds = 10;

TEMPLATE_TEST_CASE("64 threads compete for keys: each key has one winner, counters add up", "[concurrent]", InMemory,
                   OnDisk) {
  TestType adapters;
  Committer committer(adapters.metadata.store(), adapters.segments.store());
  std::atomic<int> won = 0;
  std::atomic<int> lost = 0;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int round = 0; round < kRounds; ++round) {
        Batch batch;
        batch.expect_absent(Table::kObjects, "key" + std::to_string(round));
        batch.put(Table::kObjects, "key" + std::to_string(round), std::to_string(t));
        batch.add("winners", 1);
        const auto answer = committer.submit(std::move(batch), {}).wait();
        if (answer) {
          ++won;
        } else if (answer.error().code == Errc::kConflict) {
          ++lost;
        } else {
          ++wrong;
        }
      }
    });
  }
  threads.clear();
  CHECK(won == kRounds);
  CHECK(lost == kRounds * (kThreads - 1));
  CHECK(wrong == 0);
  CHECK(*storage::decode_counter(*adapters.metadata.store().get(Table::kCounts, "winners")) == kRounds);
  CHECK(committer.stats().batches == kThreads * kRounds);
}

TEMPLATE_TEST_CASE("uploads on all lanes: what was acknowledged can be read at once", "[concurrent]", InMemory,
                   OnDisk) {
  TestType adapters;
  std::atomic<int> wrong = 0;
  {
    Committer committer(adapters.metadata.store(), adapters.segments.store());
    std::vector<std::jthread> threads;
    for (std::uint32_t t = 0; t < 16; ++t) {
      threads.emplace_back([&, t] {
        for (std::uint32_t i = 0; i < 20; ++i) {
          const Bytes stored = payload(t * 100 + i, 2000 + 500 * t);
          const auto to = lane(static_cast<std::uint8_t>(t % storage::kLaneCount));
          const auto location = append_one(adapters.segments.store(), to, record(stored));
          LaneSet lanes;
          lanes.add(to);
          Batch batch;
          batch.put(Table::kObjects, std::to_string(t) + "/" + std::to_string(i), "x");
          if (!location || !committer.submit(std::move(batch), lanes).wait() ||
              !holds(adapters.segments.store(), *location, stored)) {
            ++wrong;
          }
        }
      });
    }
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace objstore::test
