// The parsers of segments: one record, both kinds of block, and a scan over arbitrary bytes.
#include <algorithm>
#include <cstring>
#include <vector>

#include "common/base/check.h"
#include "server/storage/segment_scan.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::storage;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint64_t kEpoch = 0x0123456789abcdef;

void check_record(ByteView bytes) {
  const Result<RecordHeader> header = decode_record_header(bytes, {kEpoch, kFirstRecordOffset});
  if (!header) return;
  // What is accepted is written back as the same bytes.
  std::array<std::byte, kRecordHeaderBytes> again;
  encode_record_header(*header, {kEpoch, kFirstRecordOffset}, again);
  const Result<RecordHeader> second = decode_record_header(again, {kEpoch, kFirstRecordOffset});
  CHECK(second && second->id == header->id && second->stored_size == header->stored_size);
}

// Records of the fuzzer's choice with correct checksums, so that a scan gets past them; some with one byte damaged.
Bytes make_segment(ByteView input) {
  Bytes out;
  while (input.size() >= 4) {
    const std::size_t size = std::min<std::size_t>(static_cast<std::size_t>(input[0]) * 40, input.size() - 4);
    ChunkRecord record;
    record.domain = static_cast<std::uint32_t>(input[1]);
    record.stored = input.subspan(4, size);
    const std::size_t at = out.size();
    const std::size_t length = kRecordHeaderBytes + size;
    out.resize(at + length);
    encode_record_header(describe(record), {kEpoch, kFirstRecordOffset + at},
                         MutableBytes(out).subspan(at, kRecordHeaderBytes));
    std::ranges::copy(record.stored, out.begin() + static_cast<std::ptrdiff_t>(at + kRecordHeaderBytes));
    if ((input[2] & std::byte{12}) == std::byte{12}) out[at + static_cast<std::size_t>(input[3]) % length] ^= input[2];
    if ((input[2] & std::byte{3}) == std::byte{0}) out.resize(round_up_to_block(out.size()));
    input = input.subspan(4 + size);
  }
  out.insert(out.end(), input.begin(), input.end());
  return out;
}

void check_scan(const Bytes& body, ReadBuffers& buffers) {
  const ReadAt read = [&body](std::uint64_t offset, MutableBytes out) -> Result<std::size_t> {
    const std::uint64_t from = offset - kFirstRecordOffset;
    if (from >= body.size()) return 0;
    const std::size_t size = std::min<std::size_t>(out.size(), body.size() - static_cast<std::size_t>(from));
    std::memcpy(out.data(), body.data() + from, size);
    return size;
  };
  const std::uint64_t end = kFirstRecordOffset + body.size();
  std::uint64_t last = kFirstRecordOffset;
  const auto scanned = scan_records(read, {1, kEpoch, kFirstRecordOffset, end}, buffers, [&](const auto& visited) {
    // Forwards, inside of the segment, and what was visited can be read by its location.
    const Location& location = visited.location;
    CHECK(location.offset >= last && location.offset + location.length <= end);
    last = location.offset + location.length;
    const ByteView bytes = ByteView(body).subspan(location.offset - kFirstRecordOffset, location.length);
    CHECK(decode_chunk_record(bytes, {kEpoch, location.offset}));
    return true;
  });
  CHECK(!scanned || scanned->valid_end >= last);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static ReadBuffers buffers;
  const ByteView input(reinterpret_cast<const std::byte*>(data), size);
  check_record(input);
  static_cast<void>(decode_segment_block(input, BlockRole::kHeader));
  static_cast<void>(decode_segment_block(input, BlockRole::kFooter));
  check_scan(Bytes(input.begin(), input.end()), buffers);
  check_scan(make_segment(input), buffers);
  return 0;
}
