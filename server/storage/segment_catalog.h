// What the local segment store knows of its segments without opening them, and the settings that its lanes share. Any
// thread. The epochs in here are never handed to anybody outside of the adapter.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/segment_directories.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

class SegmentCatalog {
 public:
  struct Settings {
    std::uint64_t first_segment_id = 1;
    std::uint64_t segment_bytes_max = 0;
    std::uint64_t preallocation_bytes_min = 0;
  };
  struct Entry {
    std::uint64_t epoch = 0;
    std::uint64_t written_bytes = 0;
    bool sealed = false;
    bool damaged = false;  // header and footer are unreadable: nothing in it can be verified
    DirectoryIndex directory = 0;
    bool lost = false;       // see SegmentStore::lost
    std::uint64_t pins = 0;  // see SegmentStore::unpin
  };

  SegmentCatalog(Settings settings, SegmentDirectories directories);

  const Settings& settings() const noexcept { return settings_; }
  SegmentDirectories& directories() noexcept { return directories_; }
  const SegmentDirectories& directories() const noexcept { return directories_; }
  std::string path(DirectoryIndex directory, std::uint64_t segment) const;

  std::uint64_t next_id();
  void put(std::uint64_t segment, Entry entry);
  void grow(std::uint64_t segment, std::uint64_t written_bytes);
  void seal(std::uint64_t segment, std::uint64_t written_bytes);
  // Its disk has failed: nothing is appended any more, and what was not synced is gone.
  void lose(std::uint64_t segment);
  bool lost(std::uint64_t segment) const;
  void pin(std::uint64_t segment);
  void unpin(std::span<const Location> locations);
  std::vector<DirectoryStatus> directory_status() const;
  void forget(std::uint64_t segment);
  std::optional<Entry> find(std::uint64_t segment) const;
  std::vector<SegmentInfo> list() const;

  // How far ahead of its end a lane reserves space: an eighth of the store, so that a small store stays small.
  std::uint64_t preallocation_bytes() const;

 private:
  const Settings settings_;
  SegmentDirectories directories_;
  mutable std::mutex mutex_;
  std::uint64_t lost_count_ = 0;            // guarded by mutex_
  std::uint64_t next_id_;                   // guarded by mutex_
  std::uint64_t total_bytes_ = 0;           // guarded by mutex_
  std::map<std::uint64_t, Entry> entries_;  // guarded by mutex_
};

// "00000000000000ff.seg", and back; nothing for other names.
std::string segment_file_name(std::uint64_t segment);
std::optional<std::uint64_t> parse_segment_file_name(std::string_view name);

}  // namespace objstore::storage
