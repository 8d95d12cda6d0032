// How chunks are compressed: zstd where it pays. Pure functions but for a context kept per thread; any thread.
#pragma once

#include <objstore/error.h>

#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

struct Encoded {
  std::vector<Transform> transforms;  // empty: `bytes` is the input
  ByteView bytes;                     // valid as long as the input and `scratch`
};

// Compresses `raw` into `scratch` when a sample of it says that this saves at least an eighth.
Encoded encode_chunk(ByteView raw, std::string& scratch);

// Undoes the transforms into `out`, whose capacity must be at least raw_size. kCorrupt when the bytes do not decode to
// raw_size, or for an unknown transform.
Status decode_chunk(ByteView stored, const std::vector<Transform>& transforms, std::uint32_t raw_size, Buffer& out);

}  // namespace objstore::storage
