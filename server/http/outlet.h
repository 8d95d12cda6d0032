// Where a reply's bytes go straight from the thread that has read them, as far as they go without waiting: what is
// still warm in a processor's caches leaves from that processor.
#pragma once

#include <cstddef>

#include "common/base/bytes.h"
#include "common/base/source.h"

namespace objstore::http {

class Outlet {
 public:
  // How many of the first bytes were taken. 0: none can be now, or none ever; the transport's own next try tells.
  virtual std::size_t take(ByteView bytes) noexcept = 0;
  virtual std::size_t take(const FileSlice& slice) noexcept = 0;

 protected:
  ~Outlet() = default;
};

}  // namespace objstore::http
