// The bytes of a segment: encoding and decoding, without files. docs/formats/segment.md describes the same. Pure
// functions, any thread.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/bytes.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

inline constexpr std::size_t kBlockBytes = 4096;
inline constexpr std::size_t kRecordHeaderBytes = 72;
inline constexpr std::uint64_t kFirstRecordOffset = kBlockBytes;
inline constexpr std::size_t kTransformsMax = 4;
inline constexpr std::size_t kRecordBytesMax = kRecordHeaderBytes + ChunkRecord::kStoredBytesMax;

constexpr std::uint64_t round_up_to_block(std::uint64_t bytes) {
  return (bytes + kBlockBytes - 1) & ~(kBlockBytes - 1);
}

// The first block of a segment, and the last one once it is sealed.
enum class BlockRole : std::uint8_t { kHeader = 1, kFooter = 2 };

struct SegmentBlock {
  BlockRole role = BlockRole::kHeader;
  std::uint64_t segment = 0;
  std::uint64_t epoch = 0;  // never leaves the file: it keeps payloads from passing for records
  std::uint64_t end = 0;    // footer: where it stands itself; header: 0
};

// out: kBlockBytes.
void encode_segment_block(const SegmentBlock& block, MutableBytes out);
// kCorrupt: not such a block. kUnsupported: of another version of the format.
Result<SegmentBlock> decode_segment_block(ByteView bytes, BlockRole role);

// Numbers are part of the format; 3 (commit) and 4 (checkpoint) are reserved.
enum class RecordType : std::uint8_t { kChunk = 1, kPad = 2 };

struct RecordHeader {
  RecordType type = RecordType::kChunk;
  std::uint8_t transform_count = 0;
  std::array<Transform, kTransformsMax> transforms{};
  std::uint32_t domain = 0;
  std::uint32_t raw_size = 0;
  std::uint32_t stored_size = 0;
  Sha256 id{};
  std::uint64_t payload_sum = 0;
};

// A header is only valid where it was written.
struct RecordPlace {
  std::uint64_t epoch = 0;
  std::uint64_t offset = 0;
};

// CHECKs the limits of the record.
RecordHeader describe(const ChunkRecord& record);
RecordHeader describe_pad(ByteView zeros);

// out: kRecordHeaderBytes.
void encode_record_header(const RecordHeader& header, RecordPlace place, MutableBytes out);
// kCorrupt: no record starts here. kUnsupported: a record that this version does not know; it is not damaged.
Result<RecordHeader> decode_record_header(ByteView bytes, RecordPlace place);
// kCorrupt when the payload is not the one that was stored.
Status verify_payload(const RecordHeader& header, ByteView payload);

// record: the bytes that a location names. Header, payload and length are verified. Errors as above; kCorrupt also for
// a record that is no chunk.
Result<RecordHeader> decode_chunk_record(ByteView record, RecordPlace place);

}  // namespace objstore::storage
