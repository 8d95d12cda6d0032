#include "server/storage/rows.h"

#include <algorithm>
#include <cstring>
#include <functional>

#include "common/base/bytes.h"
#include "storage_records.pb.h"

namespace objstore::storage {
namespace {

constexpr std::uint32_t kPlacementSegment = 1;
constexpr std::uint32_t kBlobOfChunks = 1;
constexpr std::size_t kChunkIdBytes = sizeof(ChunkId);

std::string serialise(const google::protobuf::MessageLite& message) {
  std::string out;
  message.SerializeToString(&out);
  return out;
}

// A message of this thread, empty. Used again and again: what it holds inside was allocated once.
template <typename Message>
Message& blank() {
  thread_local Message message;
  message.Clear();
  return message;
}

// Until the thread parses the next one.
template <typename Message>
Result<std::reference_wrapper<const Message>> parse(std::string_view bytes, const char* what) {
  Message& message = blank<Message>();
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(Errc::kCorrupt, std::string("a row of table ") + what + " cannot be read");
  }
  return std::cref(message);
}

void append_id(std::string& out, const ChunkId& id) {
  out.append(reinterpret_cast<const char*>(id.data()), id.size());
}

ChunkId id_at(std::string_view ids, std::size_t index) {
  ChunkId id;
  std::memcpy(id.data(), ids.data() + index * kChunkIdBytes, kChunkIdBytes);
  return id;
}

void fill(pb::ChunkList& list, const std::vector<ChunkRef>& chunks) {
  std::string ids;
  ids.reserve(chunks.size() * kChunkIdBytes);
  for (const ChunkRef& chunk : chunks) {
    append_id(ids, chunk.id);
    list.add_sizes(chunk.raw_size);
  }
  list.set_ids(std::move(ids));
}

Result<std::vector<ChunkRef>> read(const pb::ChunkList& list) {
  const auto count = static_cast<std::size_t>(list.sizes_size());
  if (list.ids().size() != count * kChunkIdBytes)
    return fail(Errc::kCorrupt, "a chunk list with ids and sizes that differ in number");
  std::vector<ChunkRef> chunks(count);
  for (std::size_t i = 0; i < count; ++i) {
    chunks[i] = {id_at(list.ids(), i), list.sizes(static_cast<int>(i))};
  }
  return chunks;
}

std::string prefixed(char kind, std::uint64_t id) {
  std::string key(1, kind);
  append_u64_be(key, id);
  return key;
}

}  // namespace

bool ChunkRow::usable() const noexcept {
  return !condemned &&
         std::any_of(placements.begin(), placements.end(), [](const Placement& p) { return !p.quarantined; });
}

std::string encode(const ChunkRow& row) {
  pb::Chunk& message = blank<pb::Chunk>();
  for (const Placement& placement : row.placements) {
    pb::Placement& out = *message.add_placements();
    out.set_kind(kPlacementSegment);
    out.set_segment(placement.location.segment);
    out.set_offset(placement.location.offset);
    out.set_length(placement.location.length);
    out.set_state(placement.quarantined ? 1 : 0);
  }
  message.set_raw_size(row.raw_size);
  message.set_condemned(row.condemned);
  return serialise(message);
}

std::string encode(const BlobRow& row) {
  pb::Blob& message = blank<pb::Blob>();
  message.set_kind(kBlobOfChunks);
  message.set_state(static_cast<std::uint32_t>(row.state));
  message.set_domain(row.domain);
  message.set_size(row.size);
  message.set_content_hash(row.content_hash);
  message.set_pages(row.pages);
  if (row.pages == 0) fill(*message.mutable_chunks(), row.chunks);
  return serialise(message);
}

std::string encode_chunk_page(const std::vector<ChunkRef>& chunks) {
  pb::ChunkList& message = blank<pb::ChunkList>();
  fill(message, chunks);
  return serialise(message);
}

std::string encode_manifest_page(const std::vector<Extent>& extents) {
  pb::ManifestPage& message = blank<pb::ManifestPage>();
  for (const Extent& extent : extents) {
    pb::Extent& out = *message.add_extents();
    out.set_blob(extent.blob);
    out.set_offset(extent.offset);
    out.set_length(extent.length);
  }
  return serialise(message);
}

std::string encode(const Release& release) {
  pb::Release& message = blank<pb::Release>();
  for (const auto blob : release.blobs) message.add_blobs(blob);
  for (const auto manifest : release.manifests) message.add_manifests(manifest);
  message.set_chunk_domain(release.chunk_domain);
  std::string ids;
  for (const ChunkId& id : release.chunks) append_id(ids, id);
  message.set_chunk_ids(std::move(ids));
  return serialise(message);
}

Result<ChunkRow> decode_chunk(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Chunk& message, parse<pb::Chunk>(bytes, "chunks"));
  ChunkRow row;
  for (const pb::Placement& in : message.placements()) {
    if (in.kind() != kPlacementSegment)
      return fail(Errc::kCorrupt, "a placement of a kind that this version does not know");
    row.placements.push_back({{in.segment(), in.offset(), in.length()}, in.state() != 0});
  }
  row.raw_size = message.raw_size();
  row.condemned = message.condemned();
  return row;
}

Result<BlobRow> decode_blob(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Blob& message, parse<pb::Blob>(bytes, "blobs"));
  if (message.kind() != kBlobOfChunks) return fail(Errc::kCorrupt, "a blob of a kind that this version does not know");
  if (message.state() < 1 || message.state() > 3) return fail(Errc::kCorrupt, "a blob in a state that does not exist");
  BlobRow row;
  row.state = static_cast<BlobState>(message.state());
  row.domain = message.domain();
  row.size = message.size();
  row.content_hash = message.content_hash();
  row.pages = message.pages();
  OBJSTORE_ASSIGN(row.chunks, read(message.chunks()));
  return row;
}

Result<std::vector<ChunkRef>> decode_chunk_page(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::ChunkList& message, parse<pb::ChunkList>(bytes, "blob_pages"));
  return read(message);
}

Result<std::vector<Extent>> decode_manifest_page(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::ManifestPage& message, parse<pb::ManifestPage>(bytes, "manifests"));
  std::vector<Extent> extents;
  extents.reserve(static_cast<std::size_t>(message.extents_size()));
  for (const pb::Extent& in : message.extents()) extents.push_back({in.blob(), in.offset(), in.length()});
  return extents;
}

Result<Release> decode_release(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Release& message, parse<pb::Release>(bytes, "queue"));
  if (message.chunk_ids().size() % kChunkIdBytes != 0) return fail(Errc::kCorrupt, "a release with half a chunk id");
  Release release;
  release.blobs.assign(message.blobs().begin(), message.blobs().end());
  release.manifests.assign(message.manifests().begin(), message.manifests().end());
  release.chunk_domain = message.chunk_domain();
  for (std::size_t i = 0; i < message.chunk_ids().size() / kChunkIdBytes; ++i)
    release.chunks.push_back(id_at(message.chunk_ids(), i));
  return release;
}

std::string id_key(std::uint64_t id) {
  std::string key;
  append_u64_be(key, id);
  return key;
}

std::string page_key(std::uint64_t id, std::uint32_t page) {
  std::string key = id_key(id);
  append_u32_be(key, page);
  return key;
}

std::string chunk_key(const ChunkKey& chunk) {
  std::string key;
  key.reserve(4 + kChunkIdBytes);
  append_u32_be(key, chunk.domain);
  append_id(key, chunk.id);
  return key;
}

Result<ChunkKey> parse_chunk_key(std::string_view row_key) {
  if (row_key.size() != 4 + kChunkIdBytes) return fail(Errc::kCorrupt, "a chunk's row has a key that none has");
  ChunkKey chunk;
  chunk.domain = read_u32_be(row_key);
  const ByteView id = as_bytes(row_key.substr(4));
  std::ranges::copy(id, chunk.id.begin());
  return chunk;
}

std::string content_key(Domain domain, std::string_view hash) {
  std::string key;
  append_u32_be(key, domain);
  key += hash;
  return key;
}

std::uint64_t id_of_key(std::string_view key) {
  return read_u64_be(key.substr(0, 8));
}

std::string chunk_count_key(const ChunkKey& chunk) {
  return std::string(kChunkCountPrefix) + chunk_key(chunk);
}
std::string blob_count_key(std::uint64_t blob) {
  return prefixed('b', blob);
}
std::string manifest_count_key(std::uint64_t manifest) {
  return prefixed('m', manifest);
}
std::string segment_live_key(std::uint64_t segment) {
  return prefixed(kSegmentLivePrefix.front(), segment);
}

}  // namespace objstore::storage
