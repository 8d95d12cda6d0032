// A body that leaves in pieces.
#pragma once

#include <objstore/error.h>

#include "common/base/buffer.h"

namespace objstore {

// Pulled by one thread at a time, not always the same. Destroying it early is how a reader gives up.
class Source {
 public:
  virtual ~Source() = default;
  // The next verified bytes, at most 4 MiB; an empty Buffer at the end. After an error there is no more to come, and
  // what was read before must not be taken for the whole.
  virtual Result<Buffer> next() = 0;
};

}  // namespace objstore
