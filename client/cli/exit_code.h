// What a command's end means to the script that called it. Pure functions; any thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <optional>
#include <string>

namespace objstore::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitPartial = 1,  // some of it failed, or an error that no other code names
  kExitUsage = 2,
  kExitNotFound = 3,
  kExitDenied = 4,
  kExitPrecondition = 5,  // a condition does not hold, or it exists already
  kExitIntegrity = 6,
  kExitUnreachable = 7,
  kExitInterrupted = 130,  // as a shell reports SIGINT
};

ExitCode exit_code_of(Errc code) noexcept;

// The outcomes of a command with several targets. One thread at a time.
class Tally {
 public:
  void succeeded() { ++succeeded_; }
  void failed(Errc code);
  std::size_t failures() const { return failures_; }
  std::size_t total() const { return succeeded_ + failures_; }
  // The failures' own code when nothing succeeded and all are of one kind; kExitPartial when they are mixed.
  ExitCode exit_code() const noexcept;

 private:
  std::size_t succeeded_ = 0;
  std::size_t failures_ = 0;
  std::optional<ExitCode> common_;
  bool interrupted_ = false;
};

}  // namespace objstore::cli
