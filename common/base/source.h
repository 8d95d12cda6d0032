// A body that leaves in pieces.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "common/base/buffer.h"

namespace objstore {

// Bytes that lie in a file as they are to leave. `keep` holds the descriptor open.
struct FileSlice {
  std::shared_ptr<const void> keep;
  int descriptor = -1;
  std::uint64_t offset = 0;
  std::size_t length = 0;
};

// Pulled by one thread at a time, not always the same. Destroying it early is how a reader gives up.
class Source {
 public:
  virtual ~Source() = default;
  // The next verified bytes, at most 4 MiB; an empty Buffer at the end. After an error there is no more to come, and
  // what was read before must not be taken for the whole.
  virtual Result<Buffer> next() = 0;
  // The same where they lie in a file and are known to be good already. Nothing: ask next().
  virtual std::optional<FileSlice> next_in_file() { return std::nullopt; }
};

}  // namespace objstore
