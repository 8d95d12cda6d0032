// What a person or a log sees of transfers under way: on a terminal the whole and each file, redrawn; elsewhere a line
// every ten seconds; with --json an event instead of the line; with --quiet nothing. On standard error.
//
// Any thread. A thread of its own draws; it ends in the destructor, which also takes the drawing away.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "client/cli/session.h"

namespace objstore::cli {

class TransferView {
 public:
  explicit TransferView(Session& session);
  ~TransferView();
  TransferView(const TransferView&) = delete;
  TransferView& operator=(const TransferView&) = delete;

  // One more file is to be moved; size: nothing while it is unknown.
  void planned(std::optional<std::uint64_t> size);
  void all_planned();
  // Bytes of one file so far; may fall back.
  void moved(std::string_view name, std::uint64_t done, std::optional<std::uint64_t> size);
  // The only transfer there is, of which nothing was known before.
  void alone(std::string_view name, std::uint64_t done, std::optional<std::uint64_t> size);
  // size: what it turned out to be.
  void finished(std::string_view name, std::uint64_t size);
  void failed(std::string_view name);

 private:
  struct File {
    std::uint64_t done = 0;
    std::optional<std::uint64_t> size{};
  };
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token& stop);
  void measure(Clock::time_point now);
  std::uint64_t done_bytes() const;
  std::optional<std::uint64_t> seconds_left() const;
  std::string text(std::size_t width) const;
  std::string line() const;
  std::string event() const;

  Session& session_;
  const Clock::time_point started_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::string, File, std::less<>> active_;  // all below: guarded by mutex_
  std::uint64_t files_planned_ = 0;
  std::uint64_t bytes_planned_ = 0;
  bool sizes_known_ = true;
  bool complete_ = false;
  std::uint64_t files_done_ = 0;
  std::uint64_t files_failed_ = 0;
  std::uint64_t bytes_done_ = 0;  // of files that are finished
  bool moving_ = false;
  Clock::time_point measured_at_;
  std::uint64_t measured_bytes_ = 0;
  double rate_ = 0;      // bytes a second, smoothed
  std::jthread drawer_;  // last: it ends first
};

}  // namespace objstore::cli
