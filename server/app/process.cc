#include "server/app/process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <initializer_list>

namespace objstore::app {
namespace {

sigset_t waited_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, number);
  return set;
}

}  // namespace

void prepare_process() {
  ::umask(S_IRWXG | S_IRWXO);
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
  }
  limit = {.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &limit);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  // The limit does not count where dumps go to a program. A sanitizer has to look into the process, though.
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
  ::signal(SIGPIPE, SIG_IGN);
}

void block_signals() {
  const auto set = waited_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

Signal wait_for_signal() {
  const auto set = waited_signals();
  int number = 0;
  while (::sigwait(&set, &number) != 0) {
  }
  return number == SIGHUP ? Signal::kReload : Signal::kStop;
}

}  // namespace objstore::app
