#include "bench/load/report.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

namespace objstore::bench {
namespace {

Outcome two_gets() {
  Outcome outcome;
  outcome.seconds = 2;
  Measured& get = outcome.tally[Timed::kGet];
  get.latency.add(1'000'000);
  get.latency.add(3'000'000);
  get.bytes = 8'000'000;
  outcome.server_cpu_seconds = 0.5;
  return outcome;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("rates are by the measured time, and the server's time by operation and by gigabyte") {
  Options options;
  options.kind = Kind::kGet;
  options.server_pids = {1};
  const std::string json = json_report(options, two_gets());
  CHECK(has(json, R"("operations_per_second":1E0)"));
  CHECK(has(json, R"("bytes_per_second":4E6)"));
  CHECK(has(json, R"("cpu_us_per_operation":2.5E5)"));
  CHECK(has(json, R"("cpu_seconds_per_gb":6.25E1)"));
  CHECK(has(text_report(options, two_gets()), "62.50 cpu-s/GB"));
}

TEST_CASE("a whole upload is not counted beside the operations that it is made of") {
  Options options;
  options.kind = Kind::kMultipart;
  options.server_pids = {1};
  Outcome outcome = two_gets();
  outcome.tally[Timed::kUpload] = outcome.tally[Timed::kGet];
  CHECK(has(json_report(options, outcome), R"("cpu_us_per_operation":2.5E5)"));
}

TEST_CASE("a line of CSV has as many fields as the header") {
  const auto commas = [](const std::string& text) { return std::count(text.begin(), text.end(), ','); };
  const std::string line = csv_report(Options{.kind = Kind::kGet}, two_gets());
  CHECK(commas(line) == commas(csv_header()));
  CHECK(line.starts_with("get,get,1,4096,2.000,2,0,1.0,4000000,"));
}

}  // namespace
}  // namespace objstore::bench
