#include "bench/growth/rounds.h"

#include <vector>

namespace objstore::bench {

Status measure(std::span<const Operation> operations, unsigned rounds, GrowthTable& table) {
  std::vector<std::vector<Cost>> costs(operations.size());
  for (unsigned round = 0; round <= rounds; ++round) {
    for (std::size_t i = 0; i < operations.size(); ++i) {
      OBJSTORE_TRY(operations[i].prepare());
      const Meter meter;
      OBJSTORE_TRY(operations[i].run());
      const Cost cost = meter.per_operation(operations[i].count);
      if (round > 0) costs[i].push_back(cost);
    }
  }
  for (std::size_t i = 0; i < operations.size(); ++i) table.add(operations[i].name, median(costs[i]));
  return {};
}

}  // namespace objstore::bench
