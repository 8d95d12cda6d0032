// Rounds of the same operations in turns, so that whatever else the machine does meets all of them.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "bench/growth/table.h"

namespace objstore::bench {

struct Operation {
  std::string_view name;
  std::uint64_t count = 0;                                    // of operations in one run
  std::function<Status()> run;                                // what is measured
  std::function<Status()> prepare = [] { return Status(); };  // before it, and not measured
};

// One round to warm up, then `rounds`: their medians go to the table.
Status measure(std::span<const Operation> operations, unsigned rounds, GrowthTable& table);

}  // namespace objstore::bench
