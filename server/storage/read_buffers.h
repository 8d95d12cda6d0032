// Pools for what is read back from segments, in a few sizes so that a small record does not hold 4 MiB. Any thread;
// must outlive its buffers.
#pragma once

#include <array>

#include "common/base/buffer.h"
#include "server/storage/segment_format.h"

namespace objstore::storage {

class ReadBuffers {
 public:
  // A buffer for `bytes`, at most kRecordBytesMax.
  Buffer acquire(std::size_t bytes);

 private:
  std::array<BufferPool, 5> pools_{BufferPool{kBlockBytes + (16u << 10), 32},
                                   BufferPool{kBlockBytes + (128u << 10), 16},
                                   BufferPool{kBlockBytes + (512u << 10), 16}, BufferPool{kBlockBytes + (1u << 20), 8},
                                   BufferPool{kBlockBytes + ChunkRecord::kStoredBytesMax, 4}};
};

// What a verified record holds; takes its buffer over.
StoredChunk to_stored_chunk(const RecordHeader& header, Buffer record);

}  // namespace objstore::storage
