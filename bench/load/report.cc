#include "bench/load/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

namespace objstore::bench {
namespace {

constexpr double kNanosPerMilli = 1e6;
constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;

struct Row {
  std::string_view name;
  const Measured* measured;
};

std::vector<Row> rows_of(const Outcome& outcome) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < kTimedCount; ++i) {
    const Measured& measured = outcome.tally.of[i];
    if (measured.latency.count() > 0 || measured.errors > 0) rows.push_back({kTimedNames[i], &measured});
  }
  return rows;
}

double per_second(double amount, const Outcome& outcome) {
  return outcome.seconds > 0 ? amount / outcome.seconds : 0;
}

double milliseconds(std::uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / kNanosPerMilli;
}

// A whole upload is made of operations that are counted themselves.
bool is_sum(const Row& row) {
  return row.name == kTimedNames[static_cast<std::size_t>(Timed::kUpload)];
}

struct Totals {
  double operations = 0;
  double bytes = 0;
};

Totals totals_of(const Outcome& outcome) {
  Totals totals;
  for (const Row& row : rows_of(outcome)) {
    if (is_sum(row)) continue;
    totals.operations += static_cast<double>(row.measured->latency.count());
    totals.bytes += static_cast<double>(row.measured->bytes);
  }
  return totals;
}

// Microseconds of the server's CPU time for an operation; 0 without any.
double cpu_us_per_operation(const Outcome& outcome) {
  const double operations = totals_of(outcome).operations;
  return operations > 0 ? outcome.server_cpu_seconds * kMega / operations : 0;
}

double cpu_seconds_per_gb(const Outcome& outcome) {
  const double bytes = totals_of(outcome).bytes;
  return bytes > 0 ? outcome.server_cpu_seconds / bytes * kGiga : 0;
}

boost::json::object json_of(const Row& row, const Outcome& outcome) {
  const Measured& m = *row.measured;
  return {{"operation", row.name},
          {"count", m.latency.count()},
          {"errors", m.errors},
          {"operations_per_second", per_second(static_cast<double>(m.latency.count()), outcome)},
          {"bytes_per_second", per_second(static_cast<double>(m.bytes), outcome)},
          {"keys_per_second", per_second(static_cast<double>(m.keys), outcome)},
          {"keys", m.keys},
          {"latency_ms",
           {{"mean", m.latency.mean() / kNanosPerMilli},
            {"p50", milliseconds(m.latency.quantile(0.5))},
            {"p90", milliseconds(m.latency.quantile(0.9))},
            {"p99", milliseconds(m.latency.quantile(0.99))},
            {"p99.9", milliseconds(m.latency.quantile(0.999))},
            {"max", milliseconds(m.latency.max())}}}};
}

}  // namespace

std::string kind_name(Kind kind) {
  switch (kind) {
    case Kind::kPut:
      return "put";
    case Kind::kGet:
      return "get";
    case Kind::kStat:
      return "stat";
    case Kind::kDelete:
      return "delete";
    case Kind::kList:
      return "list";
    case Kind::kMultipart:
      return "multipart";
    case Kind::kMixed:
      return "mixed";
  }
  return "";
}

std::string text_report(const Options& options, const Outcome& outcome) {
  std::string out = fmt::format("{} {}, {} connections, {:.2f} s\n", kind_name(options.kind), options.endpoint,
                                options.concurrency, outcome.seconds);
  const auto to = std::back_inserter(out);
  fmt::format_to(to, "{:<9}{:>10}{:>8}{:>12}{:>10}{:>12}{:>9}{:>9}{:>9}{:>9}{:>9}\n", "", "count", "errors", "op/s",
                 "MB/s", "keys/s", "p50 ms", "p90", "p99", "p99.9", "max");
  for (const Row& row : rows_of(outcome)) {
    const Measured& m = *row.measured;
    fmt::format_to(to, "{:<9}{:>10}{:>8}{:>12.1f}{:>10.1f}{:>12.0f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}{:>9.3f}\n",
                   row.name, m.latency.count(), m.errors, per_second(static_cast<double>(m.latency.count()), outcome),
                   per_second(static_cast<double>(m.bytes), outcome) / kMega,
                   per_second(static_cast<double>(m.keys), outcome), milliseconds(m.latency.quantile(0.5)),
                   milliseconds(m.latency.quantile(0.9)), milliseconds(m.latency.quantile(0.99)),
                   milliseconds(m.latency.quantile(0.999)), milliseconds(m.latency.max()));
  }
  if (!options.server_pids.empty()) {
    fmt::format_to(to,
                   "server    {:.2f} cpu-s, {:.1f} us/op, {:.2f} cpu-s/GB, memory {:.0f} MB before, {:.0f} MB peak\n",
                   outcome.server_cpu_seconds, cpu_us_per_operation(outcome), cpu_seconds_per_gb(outcome),
                   static_cast<double>(outcome.server_bytes_before) / kMega,
                   static_cast<double>(outcome.server_bytes_peak) / kMega);
  }
  fmt::format_to(to, "client    {:.2f} cpu-s\n", outcome.client_cpu_seconds);
  if (!outcome.tally.first_error.empty()) fmt::format_to(to, "first error: {}\n", outcome.tally.first_error);
  return out;
}

std::string json_report(const Options& options, const Outcome& outcome) {
  boost::json::array rows;
  for (const Row& row : rows_of(outcome)) rows.push_back(json_of(row, outcome));
  boost::json::object document = {{"kind", kind_name(options.kind)},
                                  {"endpoint", options.endpoint},
                                  {"concurrency", options.concurrency},
                                  {"size", options.kind == Kind::kMultipart ? options.part_size : options.size},
                                  {"parts", options.parts},
                                  {"objects", options.objects},
                                  {"dedup_percent", options.dedup_percent},
                                  {"unsigned_payload", options.unsigned_payload},
                                  {"verified", options.verify},
                                  {"seconds", outcome.seconds},
                                  {"operations", std::move(rows)},
                                  {"client_cpu_seconds", outcome.client_cpu_seconds},
                                  {"first_error", outcome.tally.first_error}};
  if (!options.server_pids.empty()) {
    document["server"] = {{"cpu_seconds", outcome.server_cpu_seconds},
                          {"cpu_us_per_operation", cpu_us_per_operation(outcome)},
                          {"cpu_seconds_per_gb", cpu_seconds_per_gb(outcome)},
                          {"bytes_before", outcome.server_bytes_before},
                          {"bytes_peak", outcome.server_bytes_peak}};
  }
  return boost::json::serialize(document) + "\n";
}

std::string csv_header() {
  return "kind,operation,concurrency,size,seconds,count,errors,operations_per_second,bytes_per_second,keys_per_second,"
         "p50_ms,p90_ms,p99_ms,p999_ms,max_ms,server_cpu_seconds,server_bytes_peak,client_cpu_seconds\n";
}

std::string csv_report(const Options& options, const Outcome& outcome) {
  std::string out;
  for (const Row& row : rows_of(outcome)) {
    const Measured& m = *row.measured;
    fmt::format_to(
        std::back_inserter(out),
        "{},{},{},{},{:.3f},{},{},{:.1f},{:.0f},{:.0f},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f},{:.2f},{},{:.2f}\n",
        kind_name(options.kind), row.name, options.concurrency,
        options.kind == Kind::kMultipart ? options.part_size : options.size, outcome.seconds, m.latency.count(),
        m.errors, per_second(static_cast<double>(m.latency.count()), outcome),
        per_second(static_cast<double>(m.bytes), outcome), per_second(static_cast<double>(m.keys), outcome),
        milliseconds(m.latency.quantile(0.5)), milliseconds(m.latency.quantile(0.9)),
        milliseconds(m.latency.quantile(0.99)), milliseconds(m.latency.quantile(0.999)), milliseconds(m.latency.max()),
        outcome.server_cpu_seconds, outcome.server_bytes_peak, outcome.client_cpu_seconds);
  }
  return out;
}

}  // namespace objstore::bench
