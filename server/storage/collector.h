// The collector: follows the queue of releases and gives space back. One thread of its own, or stepped by a test.
//
// A count of a chunk goes down here and nowhere else. It may be killed at any point: every step is one batch that
// states what it found, and a queue row goes only with the last step that it asked for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "server/storage/engine.h"

namespace objstore::storage {

class Collector {
 public:
  explicit Collector(Engine& engine);
  // Stops after the step under way.
  ~Collector();
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  void start();

  // One round: takes up to kItemsPerRound rows of the queue, waits for their epoch, follows them. Gives how many were
  // taken; 0 when the queue is empty. kCancelled when the collector is being stopped.
  Result<std::size_t> step();
  // Removes sealed segments in which nothing is in use any more, once a checkpoint without them is there (RemovalGate).
  // Gives the bytes that came back.
  Result<std::uint64_t> sweep();

  struct Stats {
    std::uint64_t blobs = 0;
    std::uint64_t chunks = 0;
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;  // of removed segments
    std::string last_error;
  };
  Stats stats() const;

  static constexpr std::size_t kItemsPerRound = 256;

 private:
  struct Item {
    std::string key;  // of the queue row
    Release release;
    bool again = false;  // a step of it lost a race: the next round looks anew
  };
  void run();
  Result<std::vector<Item>> take() const;
  // Before the epoch: makes what has no count left unreachable for new operations.
  Status condemn(Item& item);
  Status condemn_blob(Item& item, std::uint64_t blob);
  Status condemn_chunks(Item& item);
  // After it: removes what still has none.
  Status collect(Item& item);
  Status collect_blob(Item& item, std::uint64_t blob);
  Status collect_blob_page(Item& item, const std::string& key, const std::string& value, Domain domain);
  Status collect_manifest(Item& item, std::uint64_t manifest);
  Status collect_chunks(Item& item);
  Status finish(Item& item);
  Status follow(std::vector<Item>& items);
  Result<std::vector<SegmentInfo>> empty_segments() const;
  Status seal_dead_lanes();
  Result<bool> remove_segment(const SegmentInfo& segment);
  // Submits a step without waiting for it: steps commit in the order of their submission, so that a crash leaves a
  // prefix.
  Status commit(Item& item, Batch batch);
  // Waits for all of them. A precondition that did not hold is no error: its item comes again.
  Status settle();
  Status wait_drained(std::uint64_t epoch);

  Engine& engine_;
  struct Step {
    Ticket<Done> ticket;
    Item* item;
  };
  std::vector<Step> submitted_;                    // of the thread that steps, like the next
  std::map<std::uint64_t, std::uint64_t> unused_;  // segments found empty, and the mark that the gate gave for each
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;  // guarded by mutex_
  Stats stats_;            // guarded by mutex_
  std::thread thread_;
};

}  // namespace objstore::storage
