// Bytes on their way into a blob: cut into chunks, looked up, appended where unknown. One thread at a time.
//
// Nothing is visible before the caller's batch with publish() in it has committed. A body of more than kChunksPerPage
// chunks is committed page by page under a staged blob, so that neither memory nor a batch grows with it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/digest_groups.h"
#include "common/base/strand.h"
#include "server/storage/engine.h"

namespace objstore::storage {

class BlobWriter {
 public:
  // body: digests everything that is written, in one pass with the chunks' own digests, and is complete after finish().
  // Null: nobody wants that. Outlives the writer.
  BlobWriter(Engine& engine, Domain domain, BodyDigest* body = nullptr);
  // What was staged and not published is queued for release.
  ~BlobWriter();
  BlobWriter(const BlobWriter&) = delete;
  BlobWriter& operator=(const BlobWriter&) = delete;

  // At most `bytes` (at least 1) of the writer's own memory, for the bytes behind all that have been written and all
  // that rooms have been given for. Whoever takes room writes from rooms alone, in their order, each whole but the
  // last, and two at most are not yet written: so bodies come straight to where they are cut, without a copy.
  Room room(std::size_t bytes);
  // kNoSpace, kUnavailable, kIo.
  Status write(ByteView bytes);
  // The body ends. What was appended to a lane of its own is on stable storage afterwards.
  Status finish();
  std::uint64_t size() const noexcept { return size_; }
  // After finish(): what the content is called, from the names of its chunks. Raw.
  const std::string& content_hash() const noexcept { return content_hash_value_; }

  // After finish(): adds to `batch` what gives this content one more reference, from here or from a blob that exists
  // already. Called once for every try of the caller's commit. kUnavailable when a chunk that was there is not any
  // more.
  Result<Extent> publish(Batch& batch, LaneSet& lanes);
  // The batch of the last publish() has committed.
  void published() noexcept { staged_ = false; }

 private:
  // A chunk that the present page names.
  struct Pending {
    std::uint32_t raw_size = 0;
    std::int64_t occurrences = 0;
    bool absent = false;             // there was no row when it was looked up
    std::vector<Location> appended;  // our own copies
  };

  ByteView uncut();
  bool is_room(ByteView bytes);
  Status take_copy(ByteView bytes);
  Status take_room(ByteView bytes);
  Status take_chunks_before_end();
  Status move_uncut(Buffer& to, std::size_t end);
  Status make_room();
  Pending* name_chunk(const ChunkId& id, ByteView raw);
  Status take_chunk(ByteView raw);
  Status store_chunk(const ChunkId& id, ByteView raw);
  Result<std::vector<Location>> append(const ChunkId& id, ByteView raw);
  Status count_pending(Batch& batch, LaneSet& lanes);
  Status count_absent(Batch& batch, LaneSet& lanes);
  Status count_chunk(Batch& batch, LaneSet& lanes, const ChunkKey& key, const Pending& pending,
                     const std::optional<std::string>& stored, bool& relies_on_found);
  Status heal_pending(Batch& batch, LaneSet& lanes);
  Status place(Batch& batch, LaneSet& lanes, const ChunkKey& key, const Pending& pending,
               const std::optional<std::string>& stored, const ChunkRow& old);
  void unpin();
  Status stage_page();
  BlobRow row(BlobState state) const;
  void put_page(Batch& batch, std::uint32_t page) const;

  Engine& engine_;
  const Domain domain_;
  EpochGuard guard_;
  std::shared_ptr<Buffer> buffer_;  // bytes not yet cut: from start_ on, before filled_; shared with what is stored
  std::size_t start_ = 0;
  std::size_t filled_ = 0;
  std::shared_ptr<Buffer> next_;  // of rooms; what is not cut of buffer_ will stand before them
  std::size_t given_ = 0;         // end of the last room, in next_ if there is one
  std::string scratch_;           // of the compressor
  bool cut_once_ = false;
  std::size_t uncut_done_ = 0;  // bytes of what is not cut yet that hold no cut
  std::uint64_t size_ = 0;
  std::uint64_t blob_ = 0;
  Lane lane_ = Lane::kSmall;
  Digest content_hash_{DigestKind::kSha256};
  std::string content_hash_value_;
  std::uint64_t named_bytes_ = 0;       // of all chunks that have been named
  std::vector<ChunkRef> page_chunks_;   // of the present page, in order
  std::map<ChunkId, Pending> pending_;  // of the present page, each once
  std::vector<Location> pinned_;        // what was appended and is not committed
  bool counted_ = false;                // a commit of pending_ has been tried
  std::uint32_t pages_ = 0;             // committed under the staged blob
  bool staged_ = false;
  Strand storing_;  // of chunks that have been named; what is above of the page and its commit belongs to it
  DigestGroups::Stream digesting_;  // of those before them
};

}  // namespace objstore::storage
