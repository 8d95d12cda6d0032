// A line on the terminal that says how far a transfer is. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

namespace objstore::cli {

class ProgressBar {
 public:
  // Writes nothing unless `enabled`.
  ProgressBar(std::string what, bool enabled);
  // Removes the line.
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void update(std::uint64_t done, std::optional<std::uint64_t> total);

 private:
  std::string line(std::uint64_t done, std::optional<std::uint64_t> total, double seconds) const;

  const std::string what_;
  const bool enabled_;
  const std::chrono::steady_clock::time_point started_;
  std::mutex mutex_;
  std::chrono::steady_clock::time_point drawn_{};  // guarded by mutex_
};

// Whether standard error is a terminal that can move its cursor.
bool terminal_for_progress() noexcept;

}  // namespace objstore::cli
