#include "server/storage/segment_format.h"

#if defined(__x86_64__)
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>  // for the widest vectors that this processor has
#endif
#include <xxhash.h>

#include <algorithm>
#include <cstring>

#include "common/base/check.h"

namespace objstore::storage {
namespace {

// A shorter payload is summed by SSE2: a processor takes some time to get ready for wide vectors.
constexpr std::size_t kWideBytesMin = std::size_t{16} << 10;

constexpr std::string_view kSegmentMagic = "OBJSTSEG";
constexpr std::uint32_t kFormatVersion = 1;
constexpr std::uint32_t kRecordMagic = 0x4352424f;  // "OBRC"

// Offsets inside a segment block.
constexpr std::size_t kBlockVersionAt = 8;
constexpr std::size_t kBlockRoleAt = 12;
constexpr std::size_t kBlockSegmentAt = 16;
constexpr std::size_t kBlockEpochAt = 24;
constexpr std::size_t kBlockEndAt = 32;
constexpr std::size_t kBlockSumAt = kBlockBytes - 8;

// Offsets inside a record header.
constexpr std::size_t kTypeAt = 4;
constexpr std::size_t kTransformCountAt = 5;
constexpr std::size_t kTransformsAt = 6;
constexpr std::size_t kReservedAt = 10;
constexpr std::size_t kDomainAt = 12;
constexpr std::size_t kRawSizeAt = 16;
constexpr std::size_t kStoredSizeAt = 20;
constexpr std::size_t kIdAt = 24;
constexpr std::size_t kPayloadSumAt = 56;
constexpr std::size_t kHeaderSumAt = 64;

template <typename T>
void put(MutableBytes out, std::size_t at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) out[at + i] = static_cast<std::byte>((value >> (8 * i)) & 0xff);
}

template <typename T>
T get(ByteView in, std::size_t at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value = static_cast<T>(value | (static_cast<T>(in[at + i]) << (8 * i)));
  return value;
}

std::uint64_t checksum(ByteView bytes, std::uint64_t seed) {
#if defined(__x86_64__)
  static const bool has_wide = __builtin_cpu_supports("avx") > 0;
  if (has_wide && bytes.size() >= kWideBytesMin) {
    const std::uint64_t sum = XXH3_64bits_withSeed_dispatch(bytes.data(), bytes.size(), seed);
    // libxxhash 0.8.1 leaves the vectors' upper halves dirty, with which each SSE instruction that follows, SHA's among
    // them, takes many times as long.
    asm volatile("vzeroupper");
    return sum;
  }
#endif
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

std::uint64_t header_sum(ByteView bytes, RecordPlace place) {
  return checksum(bytes.first(kHeaderSumAt), place.epoch + place.offset);
}

bool known(Transform transform) {
  return transform == Transform::kZstd;
}

}  // namespace

void encode_segment_block(const SegmentBlock& block, MutableBytes out) {
  CHECK(out.size() == kBlockBytes);
  std::ranges::fill(out, std::byte{0});
  std::memcpy(out.data(), kSegmentMagic.data(), kSegmentMagic.size());
  put(out, kBlockVersionAt, kFormatVersion);
  put(out, kBlockRoleAt, static_cast<std::uint32_t>(block.role));
  put(out, kBlockSegmentAt, block.segment);
  put(out, kBlockEpochAt, block.epoch);
  put(out, kBlockEndAt, block.end);
  put(out, kBlockSumAt, checksum(ByteView(out).first(kBlockSumAt), 0));
}

Result<SegmentBlock> decode_segment_block(ByteView bytes, BlockRole role) {
  const auto damaged = [] { return fail(Errc::kCorrupt, "a segment's header or footer is damaged"); };
  if (bytes.size() != kBlockBytes || !as_text(bytes).starts_with(kSegmentMagic)) return damaged();
  // Before the version: a flipped bit there must not pass for a newer format.
  if (get<std::uint64_t>(bytes, kBlockSumAt) != checksum(bytes.first(kBlockSumAt), 0)) return damaged();
  if (get<std::uint32_t>(bytes, kBlockVersionAt) != kFormatVersion) {
    return fail(Errc::kUnsupported, "a segment was written by another version");
  }
  if (get<std::uint32_t>(bytes, kBlockRoleAt) != static_cast<std::uint32_t>(role)) return damaged();
  return SegmentBlock{role, get<std::uint64_t>(bytes, kBlockSegmentAt), get<std::uint64_t>(bytes, kBlockEpochAt),
                      get<std::uint64_t>(bytes, kBlockEndAt)};
}

RecordHeader describe(const ChunkRecord& record) {
  CHECK(record.stored.size() <= ChunkRecord::kStoredBytesMax);
  CHECK(record.transforms.size() <= kTransformsMax);
  RecordHeader header;
  header.type = RecordType::kChunk;
  header.transform_count = static_cast<std::uint8_t>(record.transforms.size());
  std::ranges::copy(record.transforms, header.transforms.begin());
  header.domain = record.domain;
  header.raw_size = record.raw_size;
  header.stored_size = static_cast<std::uint32_t>(record.stored.size());
  header.id = record.id;
  header.payload_sum = checksum(record.stored, 0);
  return header;
}

RecordHeader describe_pad(ByteView zeros) {
  RecordHeader header;
  header.type = RecordType::kPad;
  header.stored_size = static_cast<std::uint32_t>(zeros.size());
  header.payload_sum = checksum(zeros, 0);
  return header;
}

void encode_record_header(const RecordHeader& header, RecordPlace place, MutableBytes out) {
  CHECK(out.size() == kRecordHeaderBytes);
  std::ranges::fill(out, std::byte{0});
  put(out, 0, kRecordMagic);
  out[kTypeAt] = static_cast<std::byte>(header.type);
  out[kTransformCountAt] = static_cast<std::byte>(header.transform_count);
  for (std::size_t i = 0; i < header.transform_count; ++i) {
    out[kTransformsAt + i] = static_cast<std::byte>(header.transforms[i]);
  }
  put(out, kDomainAt, header.domain);
  put(out, kRawSizeAt, header.raw_size);
  put(out, kStoredSizeAt, header.stored_size);
  std::ranges::copy(header.id, out.begin() + kIdAt);
  put(out, kPayloadSumAt, header.payload_sum);
  put(out, kHeaderSumAt, header_sum(out, place));
}

Result<RecordHeader> decode_record_header(ByteView bytes, RecordPlace place) {
  if (bytes.size() < kRecordHeaderBytes || get<std::uint32_t>(bytes, 0) != kRecordMagic ||
      get<std::uint64_t>(bytes, kHeaderSumAt) != header_sum(bytes, place)) {
    return fail(Errc::kCorrupt, "no intact record starts here");
  }
  // From here on the header is what a writer of this store wrote.
  const auto unknown = [] { return fail(Errc::kUnsupported, "a record was written by a newer version"); };
  const auto type = static_cast<RecordType>(bytes[kTypeAt]);
  if (type != RecordType::kChunk && type != RecordType::kPad) return unknown();
  if (get<std::uint16_t>(bytes, kReservedAt) != 0) return unknown();
  RecordHeader header;
  header.type = type;
  header.transform_count = static_cast<std::uint8_t>(bytes[kTransformCountAt]);
  if (header.transform_count > kTransformsMax) return unknown();
  for (std::size_t i = 0; i < header.transform_count; ++i) {
    header.transforms[i] = static_cast<Transform>(bytes[kTransformsAt + i]);
    if (!known(header.transforms[i])) return unknown();
  }
  header.domain = get<std::uint32_t>(bytes, kDomainAt);
  header.raw_size = get<std::uint32_t>(bytes, kRawSizeAt);
  header.stored_size = get<std::uint32_t>(bytes, kStoredSizeAt);
  if (header.stored_size > ChunkRecord::kStoredBytesMax) return unknown();
  std::ranges::copy(bytes.subspan(kIdAt, header.id.size()), header.id.begin());
  header.payload_sum = get<std::uint64_t>(bytes, kPayloadSumAt);
  return header;
}

Status verify_payload(const RecordHeader& header, ByteView payload) {
  if (payload.size() != header.stored_size || checksum(payload, 0) != header.payload_sum) {
    return fail(Errc::kCorrupt, "a record's payload fails its checksum");
  }
  return {};
}

Result<RecordHeader> decode_chunk_record(ByteView record, RecordPlace place) {
  OBJSTORE_ASSIGN(const RecordHeader header, decode_record_header(record, place));
  if (header.type != RecordType::kChunk) return fail(Errc::kCorrupt, "not a chunk record");
  OBJSTORE_TRY(verify_payload(header, record.subspan(kRecordHeaderBytes)));
  return header;
}

}  // namespace objstore::storage
