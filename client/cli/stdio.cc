#include "client/cli/stdio.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace objstore::cli {
namespace {

constexpr int kStopCheckMs = 100;
// A pipe that poll(2) calls writable takes this much without blocking (pipe(7), PIPE_BUF).
constexpr std::size_t kPipeBytes = 4096;

Status wait_for(int fd, short events, const std::stop_token& stop) {
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int rc = ::poll(&entry, 1, kStopCheckMs);
    if (rc > 0 || (rc < 0 && errno != EINTR)) return {};
  }
}

}  // namespace

client::ReadCallback read_standard_input(std::stop_token stop) {
  return [stop = std::move(stop)](std::span<std::byte> out) -> Result<std::size_t> {
    while (true) {
      OBJSTORE_TRY(wait_for(STDIN_FILENO, POLLIN, stop));
      const auto got = ::read(STDIN_FILENO, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR && errno != EAGAIN) {
        return fail(Errc::kIo, std::string("cannot read standard input: ") + std::strerror(errno));
      }
    }
  };
}

client::WriteCallback write_standard_output(std::stop_token stop) {
  return [stop = std::move(stop)](std::span<const std::byte> bytes) -> Status {
    while (!bytes.empty()) {
      OBJSTORE_TRY(wait_for(STDOUT_FILENO, POLLOUT, stop));
      const auto written = ::write(STDOUT_FILENO, bytes.data(), std::min(bytes.size(), kPipeBytes));
      if (written >= 0) {
        bytes = bytes.subspan(static_cast<std::size_t>(written));
      } else if (errno != EINTR && errno != EAGAIN) {
        return fail(Errc::kIo, std::string("cannot write to standard output: ") + std::strerror(errno));
      }
    }
    return {};
  };
}

}  // namespace objstore::cli
