// Costs by operation and size of the store, and what they become from one size to the next. A value of one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/growth/meter.h"

namespace objstore::bench {

// What ten times the store may cost an operation, as a factor.
inline constexpr double kGrowthMax = 1.3;

class GrowthTable {
 public:
  // unit: of the sizes, for the heading.
  explicit GrowthTable(std::string unit) : unit_(std::move(unit)) {}

  // What is added from here on is of this size; greater than the one before.
  void begin_size(double size) { sizes_.push_back(size); }
  void add(std::string_view operation, Cost cost);

  // Two tables in Markdown: of CPU time, and of wall time. A ratio in bold is above kGrowthMax for ten times the size.
  std::string markdown() const;

 private:
  struct Row {
    std::string operation;
    std::vector<Cost> costs;  // one for each size
  };
  std::string rows(std::string_view title, double Cost::* figure) const;

  std::string unit_;
  std::vector<double> sizes_;
  std::vector<Row> rows_;  // in order of their first appearance
};

}  // namespace objstore::bench
