#include "bench/growth/meter.h"

#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "bench/load/process_usage.h"
#include "common/base/check.h"

namespace objstore::bench {
namespace {

constexpr double kMicros = 1e6;
constexpr std::chrono::milliseconds kWindow{250};
constexpr int kQuietWindows = 4;
constexpr double kQuietCpuSeconds = 0.005;  // in a window: threads that look whether there is something to do
constexpr std::chrono::minutes kSettleMax{15};

long blocks_written() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_oublock;
}

double middle(std::vector<double> values) {
  const auto half = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, half);
  return *half;
}

}  // namespace

Meter::Meter() : cpu_seconds_(own_cpu_seconds()), start_(std::chrono::steady_clock::now()) {}

Cost Meter::per_operation(std::uint64_t operations) const {
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start_;
  const double scale = kMicros / static_cast<double>(operations);
  return {(own_cpu_seconds() - cpu_seconds_) * scale, wall.count() * scale};
}

Cost median(std::span<const Cost> costs) {
  CHECK(!costs.empty());
  std::vector<double> cpu;
  std::vector<double> wall;
  for (const Cost& cost : costs) {
    cpu.push_back(cost.cpu_us);
    wall.push_back(cost.wall_us);
  }
  return {middle(std::move(cpu)), middle(std::move(wall))};
}

Status settle() {
  const auto deadline = std::chrono::steady_clock::now() + kSettleMax;
  for (int quiet = 0; quiet < kQuietWindows;) {
    if (std::chrono::steady_clock::now() > deadline) return fail(Errc::kTimeout, "compaction comes to no end");
    const double cpu = own_cpu_seconds();
    const long blocks = blocks_written();
    std::this_thread::sleep_for(kWindow);
    const bool rests = own_cpu_seconds() - cpu < kQuietCpuSeconds && blocks_written() == blocks;
    quiet = rests ? quiet + 1 : 0;
  }
  return {};
}

}  // namespace objstore::bench
