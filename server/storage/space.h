// Refuses writes before the disk is full: RocksDB aborts the process when its log meets a full disk, and a full disk is
// hard to free. Reads and deletions never ask. Any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "common/base/clock.h"

namespace objstore::storage {

struct SpaceOptions {
  std::string directory;
  // Writes are refused where less than this would stay free. 0: the larger of 1 % of the disk and 256 MiB.
  std::uint64_t reserve_bytes = 0;
  // A file that holds space back. Nothing releases it by itself: an operator deletes it to start a server whose disk
  // somebody else has filled. 0: none.
  std::uint64_t ballast_bytes = std::uint64_t{64} << 20;
};

struct Space {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;
  std::uint64_t reserve_bytes = 0;
};

class SpaceGuard {
 public:
  // The clock outlives the guard. kIo: the directory cannot be asked. A disk without space for the ballast is logged,
  // not refused.
  static Result<std::unique_ptr<SpaceGuard>> open(const SpaceOptions& options, const Clock& clock);

  // Before writing about `bytes`: success, or kNoSpace. Recovers by itself once there is space. The disk is asked at
  // most every 100 ms or every 64 MiB; between, what was admitted is taken off.
  Status admit(std::uint64_t bytes);

  Result<Space> space() const;  // asks the disk

 private:
  SpaceGuard(SpaceOptions options, std::uint64_t reserve_bytes, const Clock& clock);
  Status poll();

  const SpaceOptions options_;
  const std::uint64_t reserve_bytes_;
  const Clock& clock_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point polled_;  // guarded by mutex_
  std::uint64_t available_bytes_ = 0;             // guarded by mutex_; when it was last asked
  std::uint64_t admitted_bytes_ = 0;              // guarded by mutex_; since then
};

}  // namespace objstore::storage
