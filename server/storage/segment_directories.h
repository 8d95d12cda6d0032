// The directories of a local segment store, one for each disk: which of them takes a new segment, and which have
// failed.
//
// The first one lies on the disk that holds the metadata; without it nothing goes on. Any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/storage/segment_file.h"
#include "server/storage/segment_store.h"

namespace objstore::storage {

using DirectoryIndex = std::uint32_t;

class SegmentDirectories {
 public:
  // A disk with less free space gets no new segment while there are others.
  static constexpr std::uint64_t kFreeBytesMin = std::uint64_t{256} << 20;

  struct Options {
    bool direct_writes = true;
    bool go_on_without_missing = false;  // a further directory that cannot be used is left out, not refused
  };
  // Makes the directories of `paths` that do not exist; their parents must. `missing` are known and away. kIo;
  // kInvalidArgument: no path.
  static Result<SegmentDirectories> open(const std::vector<std::string>& paths, const std::vector<std::string>& missing,
                                         const Options& options);
  SegmentDirectories(SegmentDirectories&& other) noexcept : directories_(std::move(other.directories_)) {}

  std::size_t size() const noexcept { return directories_.size(); }
  const std::string& path(DirectoryIndex index) const { return directories_[index].path; }
  WriteMode mode(DirectoryIndex index) const { return directories_[index].mode; }

  // Where a new segment goes: at random, weighted by free space; `preferred` when it is still good. Nothing when every
  // directory is in `avoid` or has failed. The only one there is is chosen however full it is: its writes find out.
  std::optional<DirectoryIndex> choose(std::span<const DirectoryIndex> avoid,
                                       std::optional<DirectoryIndex> preferred) const;

  // A write or sync there has failed. True: the others go on without it. False: nothing can.
  bool mark_failed(DirectoryIndex index, const std::string& error);
  bool failed(DirectoryIndex index) const;
  std::string first_error() const;  // of the first directory; empty: it works
  bool all_present() const;         // none was missing at the start or has failed since
  std::vector<DirectoryStatus> status() const;

 private:
  struct Directory {
    std::string path;
    WriteMode mode = WriteMode::kBuffered;
    std::string error;  // not empty: failed or missing; guarded by mutex_
  };
  explicit SegmentDirectories(std::vector<Directory> directories) : directories_(std::move(directories)) {}
  static Result<WriteMode> prepare(const std::string& path, bool direct_writes);

  mutable std::mutex mutex_;
  std::vector<Directory> directories_;  // never changes its size
  std::string first_error_;             // of the first directory, which has no other in its place
};

}  // namespace objstore::storage
