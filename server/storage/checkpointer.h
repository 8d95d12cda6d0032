// The worker that makes checkpoints of the metadata: every interval when something has changed, sooner when a removal
// waits for one, and at a clean stop. docs/decisions/0014-metadata-checkpoints.md says what they are for.
//
// One for each engine, which outlives it. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "server/storage/checkpoint_set.h"
#include "server/storage/engine.h"

namespace objstore::storage {

struct CheckpointOptions {
  std::filesystem::path directory;            // beside the metadata: hard links
  std::vector<std::filesystem::path> copies;  // on other disks: copies of their own
  std::string store_id;
  std::string store_format;  // what brings the data directory back when it is lost as well
  std::chrono::seconds interval{300};
};

class Checkpointer {
 public:
  static constexpr std::size_t kKept = 2;
  // For removals that wait: a checkpoint is made so much sooner.
  static constexpr std::chrono::seconds kHurry{15};

  Checkpointer(Engine& engine, CheckpointOptions options);
  // Ends the thread; makes no last checkpoint.
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // From here on removals wait for checkpoints.
  void start();
  // Ends the thread, then makes a last checkpoint when something has changed.
  void stop();
  // One now, whether something has changed or not. kUnsupported, kNoSpace, kIo.
  Status make();

  struct Stats {
    std::uint64_t made = 0;
    UnixMillis last_ms = 0;          // when the last complete one was made, also by an earlier run; 0: there is none
    bool current = false;            // nothing has been written since
    std::uint64_t copied_bytes = 0;  // to other disks
    std::string failure;             // why the last try failed, or a copy of it; empty: it did not
  };
  Stats stats() const;

 private:
  void run();
  bool due();
  Status make_own(std::uint64_t sequence);
  Status announce(std::uint64_t sequence);
  Status make_copies(const Checkpoint& checkpoint);
  void end_thread();

  Engine& engine_;
  const CheckpointOptions options_;
  std::mutex making_;  // one at a time
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;                          // guarded by mutex_
  Stats stats_;                                    // guarded by mutex_
  std::uint64_t commits_covered_ = 0;              // guarded by mutex_; batches committed when the last one began
  bool covered_ = false;                           // guarded by mutex_; this run has made one
  std::chrono::steady_clock::time_point tried_{};  // guarded by mutex_
  bool overdue_ = false;                           // guarded by mutex_; the last one is older than the interval
  std::thread thread_;
};

}  // namespace objstore::storage
