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

// How often the watcher looks whether the grace is over.
constexpr timespec kLook{.tv_sec = 0, .tv_nsec = 100'000'000};
// Wakes the watcher when the command has ended by itself: a command that is done must not wait for a look.
int wake_signal() {
  return SIGRTMIN;
}

}  // namespace

Signals::Signals() {
  sigset_t set = watched();
  sigaddset(&set, wake_signal());
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  watcher_ = std::jthread([set, this](const std::stop_token& ended) {
    std::chrono::steady_clock::time_point deadline;
    bool stopping = false;
    while (!ended.stop_requested()) {
      const int number = sigtimedwait(&set, nullptr, &kLook);
      const bool late = stopping && std::chrono::steady_clock::now() > deadline;
      if ((number > 0 && number != wake_signal() && stopping) || late) _exit(kExitInterrupted);
      if (number <= 0 || number == wake_signal()) continue;
      stopping = true;
      deadline = std::chrono::steady_clock::now() + kGrace;
      stop_.request_stop();
    }
  });
}

Signals::~Signals() {
  watcher_.request_stop();
  pthread_kill(watcher_.native_handle(), wake_signal());
}

}  // namespace objstore::cli
