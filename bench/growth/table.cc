#include "bench/growth/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "common/base/check.h"

namespace objstore::bench {
namespace {

std::string grouped(double size) {
  std::string digits = fmt::format("{:.0f}", size);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

// Sizes need not be ten times each other: the limit of a step is that of its share of ten times.
bool exceeds(double ratio, double size_ratio) {
  return ratio > std::pow(kGrowthMax, std::log10(size_ratio));
}

}  // namespace

void GrowthTable::add(std::string_view operation, Cost cost) {
  auto row = std::ranges::find(rows_, operation, &Row::operation);
  if (row == rows_.end()) row = rows_.insert(rows_.end(), Row{std::string(operation), {}});
  row->costs.push_back(cost);
  CHECK(row->costs.size() == sizes_.size());
}

std::string GrowthTable::rows(std::string_view title, double Cost::* figure) const {
  std::string out = fmt::format("| {} |", title);
  const auto to = std::back_inserter(out);
  for (const double size : sizes_) fmt::format_to(to, " {} {} |", grouped(size), unit_);
  out += "\n|---|";
  for (std::size_t i = 0; i < sizes_.size(); ++i) out += "---|";
  out += "\n";
  for (const Row& row : rows_) {
    fmt::format_to(to, "| {} |", row.operation);
    for (std::size_t i = 0; i < row.costs.size(); ++i) {
      const double value = row.costs[i].*figure;
      fmt::format_to(to, " {:.1f}", value);
      if (i > 0) {
        const double ratio = value / (row.costs[i - 1].*figure);
        const std::string_view bold = exceeds(ratio, sizes_[i] / sizes_[i - 1]) ? "**" : "";
        fmt::format_to(to, " ({}x {:.2f}{})", bold, ratio, bold);
      }
      out += " |";
    }
    out += "\n";
  }
  return out;
}

std::string GrowthTable::markdown() const {
  return rows("CPU time, us", &Cost::cpu_us) + "\n" + rows("wall time, us", &Cost::wall_us);
}

}  // namespace objstore::bench
