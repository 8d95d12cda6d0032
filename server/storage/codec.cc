#include "server/storage/codec.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace objstore::storage {
namespace {

constexpr int kLevel = 1;
constexpr std::size_t kSmallest = 512;          // below this a frame saves nothing worth a second look at reading
constexpr std::size_t kSampleBytes = 16 << 10;  // what is tried first of a large chunk

struct CompressorFree {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct DecompressorFree {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

// 0 when it does not fit into `limit`, or fails: then the bytes are stored as they are.
std::size_t compress(ByteView raw, std::string& scratch, std::size_t limit) {
  thread_local const std::unique_ptr<ZSTD_CCtx, CompressorFree> context(ZSTD_createCCtx());
  const std::size_t bound = ZSTD_compressBound(raw.size());
  if (scratch.size() < bound) scratch.resize(bound);
  const std::size_t size =
      ZSTD_compressCCtx(context.get(), scratch.data(), scratch.size(), raw.data(), raw.size(), kLevel);
  return ZSTD_isError(size) || size > limit ? 0 : size;
}

std::size_t worth_it(std::size_t raw) {
  return raw - raw / 8;
}

}  // namespace

Encoded encode_chunk(ByteView raw, std::string& scratch) {
  if (raw.size() < kSmallest) return {{}, raw};
  if (raw.size() > 4 * kSampleBytes) {
    // From the middle: the head of a file is often unlike the rest of it.
    const ByteView sample = raw.subspan(raw.size() / 2, kSampleBytes);
    if (compress(sample, scratch, worth_it(sample.size())) == 0) return {{}, raw};
  }
  const std::size_t size = compress(raw, scratch, worth_it(raw.size()));
  if (size == 0) return {{}, raw};
  return {{Transform::kZstd}, as_bytes(std::string_view(scratch).substr(0, size))};
}

Status decode_chunk(ByteView stored, const std::vector<Transform>& transforms, std::uint32_t raw_size, Buffer& out) {
  if (out.capacity() < raw_size) return fail(Errc::kInternal, "a buffer too small for its chunk");
  if (transforms.empty()) {
    if (stored.size() != raw_size) return fail(Errc::kCorrupt, "a chunk whose stored size is not its size");
    std::memcpy(out.storage().data(), stored.data(), stored.size());
  } else {
    if (transforms.size() != 1 || transforms.front() != Transform::kZstd) {
      return fail(Errc::kCorrupt, "a chunk stored in a way that this version does not know");
    }
    thread_local const std::unique_ptr<ZSTD_DCtx, DecompressorFree> context(ZSTD_createDCtx());
    const std::size_t size =
        ZSTD_decompressDCtx(context.get(), out.storage().data(), raw_size, stored.data(), stored.size());
    if (ZSTD_isError(size) || size != raw_size)
      return fail(Errc::kCorrupt, "a compressed chunk that does not decompress");
  }
  out.set_window(0, raw_size);
  return {};
}

}  // namespace objstore::storage
