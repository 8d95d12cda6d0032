// Ctrl-C that lets what is half done be taken back.
//
// Made by main before any other thread starts, since threads inherit the blocked signals. The first SIGINT, SIGTERM or
// SIGHUP requests a stop; a second one, or kGrace without an end, ends the process at once.
#pragma once

#include <chrono>
#include <stop_token>
#include <thread>

namespace objstore::cli {

class Signals {
 public:
  static constexpr std::chrono::seconds kGrace{10};
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  std::stop_token stop_token() const { return stop_.get_token(); }

 private:
  std::stop_source stop_;
  std::jthread watcher_;
};

}  // namespace objstore::cli
