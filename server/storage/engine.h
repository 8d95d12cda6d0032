// The storage engine: chunks, blobs and manifests over the metadata and segment ports. What the model stands on.
//
// A blob is a run of chunks, named by an id that is never used again and shared by all objects with the same content.
// An extent is a piece of a blob and holds one count of it; a manifest is an immutable list of extents with a count of
// its own. Every method may be called from any thread. The engine outlives all writers, sources and guards made from
// it.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/digest_groups.h"
#include "common/base/executor.h"
#include "common/base/source.h"
#include "server/storage/chunker.h"
#include "server/storage/committer.h"
#include "server/storage/epoch.h"
#include "server/storage/removal_gate.h"
#include "server/storage/rows.h"
#include "server/storage/verified_lately.h"

namespace objstore::storage {

class Collector;
class Compactor;
class Scrubber;
class BlobWriter;

struct EngineOptions {
  std::size_t chunk_average = std::size_t{256} << 10;  // of a new store; an existing one keeps its own
  std::chrono::seconds operation_age_max{6 * 3600};
  bool background = true;  // run the threads of collector, compactor and scrubber (tests step them by hand)
  std::uint64_t compaction_bytes_per_second = std::uint64_t{100} << 20;  // 0: no limit
  unsigned compaction_dead_percent = 50;  // a segment is rewritten when so much of it is not in use
  std::uint64_t scrub_bytes_per_second = std::uint64_t{50} << 20;  // 0: no limit
  std::chrono::seconds scrub_interval{7 * 24 * 3600};              // from the end of one pass to the next
  // So long after a chunk was read and verified it may be sent again from its file as it is. Zero: never.
  std::chrono::seconds verified_for{0};
  // Asked before bytes are taken in; kNoSpace below the watermark.
  std::function<Status(std::uint64_t bytes)> admit = [](std::uint64_t) { return Status(); };
};

// Where an object's bytes are: its extents themselves, or the manifest that lists them.
struct Layout {
  std::vector<Extent> extents;
  std::uint64_t manifest = 0;  // 0: none
  std::uint32_t manifest_pages = 0;
};

class Engine {
 public:
  // Opens the segments for a run: ids from `first_segment_id` on are new.
  using OpenSegments = std::function<Result<std::unique_ptr<SegmentStore>>(std::uint64_t first_segment_id)>;

  // Counts the run, takes up what a crash left (staged blobs are queued for release), starts the committer and
  // collector. `clock` and `executor` outlive the engine.
  static Result<std::unique_ptr<Engine>> open(std::unique_ptr<MetadataStore> metadata,
                                              const OpenSegments& open_segments, Executor& executor, const Clock& clock,
                                              EngineOptions options);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  MetadataStore& metadata() { return *metadata_; }
  SegmentStore& segments() { return *segments_; }
  Committer& committer() { return *committer_; }
  // Why nothing is written any more until a restart: a write or a sync has failed. Empty: none has.
  std::string failure() const;
  Executor& executor() { return executor_; }
  const Clock& clock() const { return clock_; }
  const EngineOptions& options() const { return options_; }
  Epochs& epochs() { return epochs_; }
  const Chunker& chunker() const { return chunker_; }
  Collector& collector() { return *collector_; }
  Compactor& compactor() { return *compactor_; }
  Scrubber& scrubber() { return *scrubber_; }
  RemovalGate& removal_gate() { return removal_gate_; }

  // Greater than every number that this store has given out before, also across restarts.
  std::uint64_t next_id();
  // May bytes be taken in now? kNoSpace, kUnavailable.
  Status admit(std::uint64_t bytes) const;
  // A lane for one large body.
  Lane next_large_lane();

  std::unique_ptr<BlobWriter> new_blob(Domain domain);

  // Reads [first, first + length) of the bytes that `layout` strings together. `guard` was entered before the layout
  // was looked up.
  std::unique_ptr<Source> read(EpochGuard guard, Layout layout, std::uint64_t first, std::uint64_t length);
  // All extents of a layout, in order.
  Result<std::vector<Extent>> extents(const Layout& layout) const;

  // References, as parts of a caller's batch, which must also state what keeps the layout alive until then (the row
  // that names it, as it was read).
  void retain(Batch& batch, const Layout& layout) const;
  void retain(Batch& batch, std::span<const Extent> extents) const;
  void release(Batch& batch, const Layout& layout);
  void release(Batch& batch, std::span<const Layout> layouts);
  // A layout for extents whose counts the caller has: in place up to kExtentsInRow, else a new manifest in `batch`.
  Layout lay_out(Batch& batch, std::vector<Extent> extents);
  static constexpr std::size_t kExtentsInRow = 4;

  // Somebody found a copy of this chunk missing and another one good: the scrubber looks after it. Forgotten when too
  // many wait; the next pass of the scrubber comes to it.
  void request_repair(const ChunkKey& chunk);
  std::vector<ChunkKey> take_repairs();
  static constexpr std::size_t kRepairsMax = 1024;

  // For a chunk of the largest size; and for that and some more of the body behind it (BlobWriter::room).
  Buffer chunk_buffer() { return chunk_buffers_.acquire(); }
  Buffer body_buffer() { return body_buffers_.acquire(); }
  DigestGroups& digest_groups() { return digest_groups_; }
  VerifiedLately& verified_lately() { return verified_lately_; }

  // Marks a location that failed its checksum, unless the row says something else by now.
  void quarantine(const ChunkKey& chunk, const Location& location);

  struct Space {
    std::uint64_t written_bytes = 0;  // of all segments
    std::uint64_t live_bytes = 0;     // of records that are in use
    std::uint64_t segments = 0;
    std::uint64_t metadata_bytes = 0;  // on disk
    std::uint64_t metadata_memory_bytes = 0;
    std::uint64_t releases_waiting = 0;  // at most kReleasesCounted
    static constexpr std::uint64_t kReleasesCounted = 10'000;
  };
  Result<Space> space() const;

 private:
  Engine(std::unique_ptr<MetadataStore> metadata, Executor& executor, const Clock& clock, EngineOptions options,
         std::uint64_t run, std::size_t chunk_average);
  Status queue_staged();

  std::unique_ptr<MetadataStore> metadata_;
  Executor& executor_;
  const Clock& clock_;
  EngineOptions options_;
  Epochs epochs_;
  RemovalGate removal_gate_;
  Chunker chunker_;
  BufferPool chunk_buffers_;
  BufferPool body_buffers_;
  DigestGroups digest_groups_;
  VerifiedLately verified_lately_;
  std::atomic<std::uint64_t> next_id_;
  std::atomic<std::uint32_t> next_lane_{0};
  std::mutex repairs_mutex_;
  std::vector<ChunkKey> repairs_;  // guarded by repairs_mutex_
  std::unique_ptr<SegmentStore> segments_;
  std::unique_ptr<Committer> committer_;
  std::unique_ptr<Collector> collector_;
  std::unique_ptr<Compactor> compactor_;
  std::unique_ptr<Scrubber> scrubber_;
  friend class BlobWriter;
};

}  // namespace objstore::storage
