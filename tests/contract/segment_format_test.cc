// The bytes of a segment are a promise: a store that was written once must be read for ever.
#include "server/storage/segment_format.h"

#include <catch2/catch.hpp>

namespace objstore::test {
namespace {

using storage::BlockRole;
using storage::kBlockBytes;
using storage::kRecordHeaderBytes;
using storage::RecordHeader;
using storage::RecordType;

std::array<std::byte, 3> abc() {
  return {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
}

storage::ChunkRecord chunk_of_abc(ByteView stored) {
  storage::ChunkRecord chunk;
  for (std::size_t i = 0; i < chunk.id.size(); ++i) chunk.id[i] = static_cast<std::byte>(i);
  chunk.domain = 0x01020304;
  chunk.raw_size = 0x0a0b0c0d;
  chunk.transforms = {storage::Transform::kZstd};
  chunk.stored = stored;
  return chunk;
}

TEST_CASE("the bytes of a record header are these", "[format]") {
  const auto stored = abc();
  std::array<std::byte, kRecordHeaderBytes> bytes;
  storage::encode_record_header(storage::describe(chunk_of_abc(stored)), {0x1122334455667788, 4096}, bytes);
  CHECK(to_hex(bytes) ==
        "4f425243"  // "OBRC"
        "01"        // a chunk
        "01"
        "01000000"  // one transform: zstd
        "0000"      // reserved
        "04030201"  // domain
        "0d0c0b0a"  // raw size
        "03000000"  // stored size
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
        "50392f89945faf78"    // XXH3-64 of the payload
        "2fe325de4b75fb26");  // of the 64 bytes above, seeded
}

TEST_CASE("the bytes of a segment's first block are these", "[format]") {
  std::array<std::byte, kBlockBytes> bytes;
  storage::encode_segment_block({BlockRole::kHeader, 0x0102, 0x1122334455667788, 0}, bytes);
  CHECK(to_hex(ByteView(bytes).first(40)) ==
        "4f424a5354534547"    // "OBJSTSEG"
        "01000000"            // version
        "01000000"            // header
        "0201000000000000"    // segment
        "8877665544332211"    // epoch
        "0000000000000000");  // end
  CHECK(to_hex(ByteView(bytes).last(8)) == "055e44d211b895ad");
}

TEST_CASE("a record header is decoded where it was written, and nowhere else", "[format]") {
  const auto stored = abc();
  const RecordHeader header = storage::describe(chunk_of_abc(stored));
  std::array<std::byte, kRecordHeaderBytes> bytes;
  storage::encode_record_header(header, {77, 8192}, bytes);
  const auto decoded = storage::decode_record_header(bytes, {77, 8192});
  REQUIRE(decoded);
  CHECK(decoded->type == RecordType::kChunk);
  CHECK(decoded->id == header.id);
  CHECK(decoded->domain == header.domain);
  CHECK(decoded->raw_size == header.raw_size);
  CHECK(decoded->stored_size == 3);
  CHECK(decoded->transform_count == 1);
  CHECK(storage::verify_payload(*decoded, stored));
  CHECK_FALSE(storage::verify_payload(*decoded, ByteView(stored).first(2)));
  CHECK(storage::decode_record_header(bytes, {78, 8192}).error().code == Errc::kCorrupt);
  CHECK(storage::decode_record_header(bytes, {77, 12288}).error().code == Errc::kCorrupt);
  CHECK(storage::decode_record_header(ByteView(bytes).first(71), {77, 8192}).error().code == Errc::kCorrupt);
  CHECK(storage::decode_record_header({}, {77, 8192}).error().code == Errc::kCorrupt);
}

TEST_CASE("an intact record of an unknown kind or transform is refused, not called damaged", "[format]") {
  const auto stored = abc();
  std::array<std::byte, kRecordHeaderBytes> bytes;
  RecordHeader header = storage::describe(chunk_of_abc(stored));
  header.type = static_cast<RecordType>(3);
  storage::encode_record_header(header, {1, 4096}, bytes);
  CHECK(storage::decode_record_header(bytes, {1, 4096}).error().code == Errc::kUnsupported);
  header = storage::describe(chunk_of_abc(stored));
  header.transforms[0] = static_cast<storage::Transform>(9);
  storage::encode_record_header(header, {1, 4096}, bytes);
  CHECK(storage::decode_record_header(bytes, {1, 4096}).error().code == Errc::kUnsupported);
}

TEST_CASE("a header is no footer, and a flipped bit in one is found", "[format]") {
  std::array<std::byte, kBlockBytes> bytes;
  storage::encode_segment_block({BlockRole::kFooter, 5, 6, 4096}, bytes);
  const auto decoded = storage::decode_segment_block(bytes, BlockRole::kFooter);
  REQUIRE(decoded);
  CHECK(decoded->segment == 5);
  CHECK(decoded->epoch == 6);
  CHECK(decoded->end == 4096);
  CHECK(storage::decode_segment_block(bytes, BlockRole::kHeader).error().code == Errc::kCorrupt);
  for (std::size_t at = 0; at < bytes.size(); at += 5) {
    auto damaged = bytes;
    damaged[at] ^= std::byte{16};
    CHECK(storage::decode_segment_block(damaged, BlockRole::kFooter).error().code == Errc::kCorrupt);
  }
}

}  // namespace
}  // namespace objstore::test
