#include "bench/load/histogram.h"

#include <catch2/catch.hpp>
#include <cstdint>

namespace objstore::bench {
namespace {

TEST_CASE("a quantile is at most one bucket's width above the true value") {
  Histogram histogram;
  for (std::uint64_t i = 1; i <= 100'000; ++i) histogram.add(i * 1000);
  for (const double share : {0.5, 0.9, 0.99, 0.999}) {
    const double truth = share * 1e8;
    const auto found = static_cast<double>(histogram.quantile(share));
    CHECK(found >= truth);
    CHECK(found <= truth * (1 + 1.0 / 64));
  }
  CHECK(histogram.quantile(1) == 100'000'000);
  CHECK(histogram.max() == 100'000'000);
  CHECK(histogram.mean() == Approx(50'000'500));
}

TEST_CASE("small values are exact, and the largest has its bucket") {
  Histogram histogram;
  CHECK(histogram.quantile(0.5) == 0);
  for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{127}}) histogram.add(value);
  CHECK(histogram.quantile(0.3) == 0);
  CHECK(histogram.quantile(0.6) == 1);
  CHECK(histogram.quantile(1) == 127);
  histogram.add(UINT64_MAX);
  CHECK(histogram.quantile(1) == UINT64_MAX);
}

TEST_CASE("merged histograms are as one") {
  Histogram odd;
  Histogram even;
  Histogram all;
  for (std::uint64_t i = 1; i < 5000; ++i) {
    (i % 2 == 0 ? even : odd).add(i * i);
    all.add(i * i);
  }
  odd.merge(even);
  CHECK(odd.count() == all.count());
  CHECK(odd.mean() == Approx(all.mean()));
  for (const double share : {0.01, 0.5, 0.99}) CHECK(odd.quantile(share) == all.quantile(share));
}

}  // namespace
}  // namespace objstore::bench
