// The doing half of a sync: entries are considered on threads, copied where they differ, and counted.
//
// consider() and what follows it belong to one thread; what it refers to outlives it.
#pragma once

#include <objstore/sync.h>

#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "client/lib/compare.h"
#include "client/lib/work_queue.h"

namespace objstore::client {

class SyncRun {
 public:
  SyncRun(Client& client, const Place& from, const Place& to, const SyncOptions& options);

  // Waits when much is waiting already.
  void consider(TreeEntry source, std::optional<TreeEntry> target);
  // Nothing more will come.
  void all_considered();
  void finish_copies() { queue_.finish(); }
  // kCancelled; what cannot be removed is an event.
  Status remove(const std::vector<TreeEntry>& extra);
  SyncReport report() const;

 private:
  struct Job {
    TreeEntry source;
    std::optional<TreeEntry> target;
    bool last = false;  // all_planned()
  };
  void work(Job job);
  void copy(const TreeEntry& entry);
  Status upload(const TreeEntry& entry, SyncEvent& event);
  Status download(const TreeEntry& entry, SyncEvent& event);
  Status copy_on_server(const TreeEntry& entry, SyncEvent& event);
  Status transfer(const TreeEntry& entry, SyncEvent& event);
  Status remove_source(const TreeEntry& entry);
  Status make_directory_for(const std::string& file);
  Status remove_objects(const Prefix& place, std::span<const TreeEntry> extra);
  void remove_file(const Directory& place, const TreeEntry& entry);
  std::string name_of(const Place& place, const std::string& path) const;
  Control control_for(const TreeEntry& entry);
  void done(SyncEvent event);

  Client& client_;
  const Place& from_;
  const Place& to_;
  const SyncOptions& options_;
  const Comparer comparer_;
  mutable std::mutex mutex_;  // also keeps the observer to one thread at a time
  SyncReport report_;         // guarded by mutex_
  std::mutex directories_mutex_;
  std::unordered_set<std::string> directories_;  // guarded by directories_mutex_; those that exist
  WorkQueue<Job> queue_;                         // last: its threads end first
};

}  // namespace objstore::client
