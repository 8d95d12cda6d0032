// The scrubber: reads and verifies every copy of every chunk, on a schedule and on demand, quarantines what is damaged,
// and writes anew the copies that are missing where another is good. One thread of its own, or stepped by a test.
//
// It walks the rows of `chunks`, not the segments: so it also finds records that are not there at all. A pass survives
// a restart: its place is kept in table `store`.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "server/storage/background.h"
#include "server/storage/engine.h"

namespace objstore::storage {

class Scrubber {
 public:
  explicit Scrubber(Engine& engine);
  ~Scrubber();

  void start();
  // Begins a pass now, from the start, unless one is running.
  void request_now();
  // One whole pass on this thread. kCancelled while stopping.
  Status run_pass();
  // Looks after the chunks that readers found wanting (Engine::request_repair).
  Status repair_requested();

  struct Progress {
    bool running = false;
    double done = 0;           // share of the chunks, 0 to 1
    std::uint64_t passes = 0;  // complete ones since the start
    // Of the pass under way, or of the last one:
    std::uint64_t chunks = 0;
    std::uint64_t bytes = 0;
    std::uint64_t damaged = 0;     // copies that were not what had been written
    std::uint64_t unreadable = 0;  // copies that their disk did not give
    std::uint64_t repaired = 0;    // chunks that have all their copies again
    UnixMillis started_ms = 0;
    UnixMillis finished_ms = 0;  // of the last complete pass, also before a restart; 0: never
    std::string last_error;
  };
  Progress progress() const;

  // Chunks with a copy that is quarantined, at most so many, and whether any good copy is left. Walks all rows.
  struct Damaged {
    ChunkKey chunk;
    bool lost = false;  // no copy is good
  };
  Result<std::vector<Damaged>> damaged_chunks(std::size_t max) const;

 private:
  struct Target {
    ChunkKey chunk;
    std::uint32_t raw_size = 0;
    Location location;
    bool short_of_copies = false;
  };
  std::chrono::milliseconds round();
  // The next rows behind `from`; moves it on. Empty at the end of the table.
  Result<std::vector<Target>> next_targets(std::string& from) const;
  Status verify(const Target& target);
  Status repair(const ChunkKey& chunk);
  Status save(std::string_view key, std::string value);
  Status finish_pass();
  bool due() const;

  Engine& engine_;
  Pace pace_;
  mutable std::mutex mutex_;
  Progress progress_;        // guarded by mutex_
  bool requested_ = false;   // guarded by mutex_
  BackgroundThread thread_;  // last: it uses all of the above
};

}  // namespace objstore::storage
