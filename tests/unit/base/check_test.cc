#include "common/base/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>

namespace {

struct Outcome {
  int status = 0;
  std::string output;
};

// In a child, since it ends the process. Before Catch is included: both have a macro named CHECK.
Outcome run_failing_check() {
  int fds[2];
  if (::pipe(fds) != 0) return {};
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    ::dup2(fds[1], STDERR_FILENO);
    CHECK(1 + 1 == 3);
    ::_exit(0);
  }
  ::close(fds[1]);
  Outcome outcome;
  char buffer[512];
  for (ssize_t n = 0; (n = ::read(fds[0], buffer, sizeof buffer)) > 0;)
    outcome.output.append(buffer, static_cast<std::size_t>(n));
  ::close(fds[0]);
  ::waitpid(child, &outcome.status, 0);
  return outcome;
}

}  // namespace

#undef CHECK
#include <catch2/catch.hpp>

TEST_CASE("CHECK prints where and what, and aborts") {
  const Outcome outcome = run_failing_check();
  CHECK(WIFSIGNALED(outcome.status));
  CHECK(WTERMSIG(outcome.status) == SIGABRT);
  CHECK_THAT(outcome.output, Catch::Contains("check_test.cc:24: 1 + 1 == 3"));
}
