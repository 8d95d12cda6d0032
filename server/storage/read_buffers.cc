#include "server/storage/read_buffers.h"

#include "common/base/check.h"

namespace objstore::storage {

Buffer ReadBuffers::acquire(std::size_t bytes) {
  for (BufferPool& pool : pools_) {
    if (bytes <= pool.capacity()) return pool.acquire();
  }
  CHECK(bytes <= kRecordBytesMax);
  return {};
}

StoredChunk to_stored_chunk(const RecordHeader& header, Buffer record) {
  StoredChunk chunk;
  chunk.id = header.id;
  chunk.domain = header.domain;
  chunk.raw_size = header.raw_size;
  chunk.transforms.assign(header.transforms.begin(), header.transforms.begin() + header.transform_count);
  chunk.bytes = std::move(record);
  chunk.bytes.set_window(kRecordHeaderBytes, header.stored_size);
  return chunk;
}

}  // namespace objstore::storage
