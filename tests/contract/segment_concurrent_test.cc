// Many threads at one segment store: appends, shared syncs, reads, scans, seals and removals.
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "tests/contract/segment_adapters.h"

namespace objstore::test {
namespace {

using storage::Location;

SEGMENT_TEST("appenders and syncs on all lanes: what a sync covered is readable, in whatever order they come") {
  TestType adapter;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  for (std::uint32_t t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      const auto to = lane(static_cast<std::uint8_t>(t < 8 ? 0 : t % storage::kLaneCount));
      std::vector<std::pair<Location, std::uint32_t>> mine;
      for (std::uint32_t i = 0; i < 40; ++i) {
        const std::uint32_t number = t * 1000 + i;
        const Bytes stored = payload(number, 100 + (number * 37) % 9000);
        const auto location = append_one(adapter.store(), to, record(stored));
        if (!location) {
          ++wrong;
          continue;
        }
        mine.emplace_back(*location, number);
        if (i % 3 == 0 && !adapter.store().sync(to)) ++wrong;
        if (i % 3 == 0 && !holds(adapter.store(), *location, stored)) ++wrong;
      }
      if (!adapter.store().sync(to)) ++wrong;
      for (const auto& [location, number] : mine) {
        if (!holds(adapter.store(), location, payload(number, 100 + (number * 37) % 9000))) ++wrong;
      }
    });
  }
  threads.clear();
  CHECK(wrong == 0);
  std::size_t records = 0;
  for (const auto& info : adapter.store().list()) records += scan_all(adapter.store(), info.id).size();
  CHECK(records == 16 * 40);
}

SEGMENT_TEST("seals, removals and scans go on beside appends and reads") {
  TestType adapter;
  std::atomic<int> wrong = 0;
  std::atomic<bool> stop = false;
  std::jthread sealer([&] {
    while (!stop) {
      if (!adapter.store().seal(kSmall)) ++wrong;
      for (const auto& info : adapter.store().list()) {
        const auto scanned = adapter.store().scan(info.id, [](const auto&) { return true; });
        if (!scanned && scanned.error().code != Errc::kNotFound) ++wrong;
      }
    }
  });
  std::vector<std::jthread> writers;
  for (std::uint32_t t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (std::uint32_t i = 0; i < 30; ++i) {
        const Bytes stored = payload(t * 100 + i, 3000);
        const auto location = append_one(adapter.store(), kSmall, record(stored));
        if (!location || !adapter.store().sync(kSmall)) {
          ++wrong;
          continue;
        }
        if (!holds(adapter.store(), *location, stored)) ++wrong;
      }
    });
  }
  // A lane of its own, whose sealed segments are removed while they are being read.
  std::jthread remover([&] {
    for (std::uint32_t i = 0; i < 20; ++i) {
      const Bytes stored = payload(5000 + i, 50000);
      const auto location = append_one(adapter.store(), lane(4), record(stored));
      if (!location || !adapter.store().seal(lane(4))) {
        ++wrong;
        continue;
      }
      std::jthread reader([&] {
        for (;;) {
          const auto chunk = adapter.store().read(*location);
          if (!chunk && chunk.error().code == Errc::kNotFound) return;
          if (!chunk || !std::ranges::equal(chunk->bytes.view(), stored)) ++wrong;
        }
      });
      if (!adapter.store().remove(location->segment)) ++wrong;
    }
  });
  writers.clear();
  remover.join();
  stop = true;
  sealer.join();
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace objstore::test
