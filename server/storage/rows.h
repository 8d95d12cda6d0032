// The rows of the storage layer: keys and values of its tables, as plain structs. docs/formats/metadata.md.
//
// Values; pure functions; any thread. decode_* answer kCorrupt for bytes that are not such a row, or name a kind that
// this build does not know.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

using Domain = std::uint32_t;  // chunks and blobs are shared within one
using ChunkId = Sha256;

struct ChunkKey {
  Domain domain = 0;
  ChunkId id{};
  auto operator<=>(const ChunkKey&) const = default;
};

struct Placement {
  Location location;
  bool quarantined = false;
};

struct ChunkRow {
  std::vector<Placement> placements;
  std::uint32_t raw_size = 0;
  bool condemned = false;
  // May an upload count on it instead of storing the bytes again?
  bool usable() const noexcept;
};

struct ChunkRef {
  ChunkId id{};
  std::uint32_t raw_size = 0;
};

enum class BlobState : std::uint8_t { kStaged = 1, kPublished = 2, kReleasing = 3 };

struct BlobRow {
  BlobState state = BlobState::kStaged;
  Domain domain = 0;
  std::uint64_t size = 0;
  std::string content_hash;
  std::uint32_t pages = 0;  // of table kBlobPages; 0: `chunks` are all
  std::vector<ChunkRef> chunks;
};

inline constexpr std::size_t kChunksPerPage = 1000;
inline constexpr std::size_t kInlineChunksMax = 16;  // a blob of so few chunks has them in its row

struct Extent {
  std::uint64_t blob = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool operator==(const Extent&) const = default;
};

inline constexpr std::size_t kExtentsPerPage = 1000;

struct Release {
  std::vector<std::uint64_t> blobs;
  std::vector<std::uint64_t> manifests;
  Domain chunk_domain = 0;
  std::vector<ChunkId> chunks;
  bool empty() const noexcept { return blobs.empty() && manifests.empty() && chunks.empty(); }
};

std::string encode(const ChunkRow& row);
std::string encode(const BlobRow& row);
std::string encode_chunk_page(const std::vector<ChunkRef>& chunks);
std::string encode_manifest_page(const std::vector<Extent>& extents);
std::string encode(const Release& release);

Result<ChunkRow> decode_chunk(std::string_view bytes);
Result<BlobRow> decode_blob(std::string_view bytes);
Result<std::vector<ChunkRef>> decode_chunk_page(std::string_view bytes);
Result<std::vector<Extent>> decode_manifest_page(std::string_view bytes);
Result<Release> decode_release(std::string_view bytes);

// Keys. Numbers are big-endian, so that byte order is their order.
std::string id_key(std::uint64_t id);                        // blobs, inline, queue, segments
std::string page_key(std::uint64_t id, std::uint32_t page);  // blob_pages, manifests
std::string chunk_key(const ChunkKey& chunk);                // chunks
Result<ChunkKey> parse_chunk_key(std::string_view row_key);
std::string content_key(Domain domain, std::string_view hash);  // contents
std::uint64_t id_of_key(std::string_view key);                  // the leading number of id_key or page_key

// Numbers (ids, generations) are run << kRunShift | counter: a run can give out 2^40 of them, and none is written down.
inline constexpr unsigned kRunShift = 40;

// Counters.
inline constexpr std::string_view kChunkCountPrefix = "c";
inline constexpr std::string_view kSegmentLivePrefix = "s";
std::string chunk_count_key(const ChunkKey& chunk);  // references to a chunk
std::string blob_count_key(std::uint64_t blob);
std::string manifest_count_key(std::uint64_t manifest);
std::string segment_live_key(std::uint64_t segment);  // bytes of records that chunk rows name

// Keys of table kStore.
inline constexpr std::string_view kRunKey = "run";                           // u64: how often the store was opened
inline constexpr std::string_view kCheckpointKey = "checkpoint";             // u64: sequence of the last one begun
inline constexpr std::string_view kQuarantineKey = "quarantine_generation";  // counts up with each damaged location
inline constexpr std::string_view kChunkAverageKey = "chunk_average";        // u64: fixed when the store is created

}  // namespace objstore::storage
