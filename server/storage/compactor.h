// The compactor: rewrites segments that are mostly dead, so that their space comes back. One thread of its own, or
// stepped by a test.
//
// It copies what a row of `chunks` still names, verified, into the lane of background work, syncs, and then swaps each
// row's location, if it still is the one that was copied from. Readers and writers go on; an emptied segment is removed
// by the collector. Killed at any point it leaves dead copies, which are space for the next round.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/storage/background.h"
#include "server/storage/engine.h"

namespace objstore::storage {

class Compactor {
 public:
  explicit Compactor(Engine& engine);
  // Stops after the record under way.
  ~Compactor();

  void start();

  // Rewrites the segment that gives the most for the least. False: none is worth it. kCancelled while stopping.
  Result<bool> step();

  struct Stats {
    std::uint64_t segments = 0;  // rewritten
    std::uint64_t chunks = 0;    // moved
    std::uint64_t bytes_moved = 0;
    std::uint64_t damaged = 0;     // found on the way, and quarantined
    std::uint64_t candidates = 0;  // worth it when it last looked
    std::string last_error;
  };
  Stats stats() const;

  // Segments below this share of the full size are gathered once there are kSmallSegmentsMin of them.
  static constexpr std::uint64_t kSmallShare = 8;
  static constexpr std::size_t kSmallSegmentsMin = 24;

 private:
  struct Moved {
    ChunkKey chunk;
    Location from;
    Location to;
  };
  Result<std::vector<SegmentInfo>> candidates();
  Status rewrite(const SegmentInfo& segment);
  // Moves the record if the chunk's row names it there.
  Status move(const StoredChunk& stored, const Location& from);
  Status swap_locations();
  // The records that a scan of the segment did not find, by way of the rows that name them.
  Status move_unseen(const SegmentInfo& segment);
  Result<std::int64_t> live_bytes(std::uint64_t segment) const;
  Status pause(std::uint64_t bytes);

  Engine& engine_;
  Pace pace_;
  std::vector<Moved> moved_;  // copied, and not swapped yet; of the thread that steps, like the next two
  std::uint64_t moved_bytes_ = 0;
  bool gathering_ = false;                       // small segments, until none is left
  std::map<std::uint64_t, std::int64_t> stuck_;  // segments that stayed in use, and how much, when last rewritten
  mutable std::mutex mutex_;
  Stats stats_;              // guarded by mutex_
  BackgroundThread thread_;  // last: it uses all of the above
};

}  // namespace objstore::storage
