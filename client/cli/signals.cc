#include "client/cli/signals.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>

#include "client/cli/exit_code.h"

namespace objstore::cli {
namespace {

sigset_t watched() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    // A signal that our parent ignores (nohup, a shell's background job) is to stay ignored.
    struct sigaction present{};
    if (sigaction(number, nullptr, &present) == 0 && present.sa_handler == SIG_IGN) continue;
    sigaddset(&set, number);
  }
  return set;
}

// How often the watcher looks whether the command has ended by itself.
constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 100'000'000};

}  // namespace

Signals::Signals() {
  const sigset_t set = watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  watcher_ = std::jthread([set, this](const std::stop_token& ended) {
    std::chrono::steady_clock::time_point deadline;
    bool stopping = false;
    while (!ended.stop_requested()) {
      const int number = sigtimedwait(&set, nullptr, &kLook);
      const bool late = stopping && std::chrono::steady_clock::now() > deadline;
      if ((number > 0 && stopping) || late) _exit(kExitInterrupted);
      if (number <= 0) continue;
      stopping = true;
      deadline = std::chrono::steady_clock::now() + kGrace;
      stop_.request_stop();
    }
  });
}

Signals::~Signals() = default;

}  // namespace objstore::cli
