#include "server/storage/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/base/bytes.h"

namespace objstore::storage {
namespace {

constexpr std::size_t kPidDigitsMax = 20;

std::string holder_of(int fd) {
  std::array<char, kPidDigitsMax> text{};
  const ssize_t size = ::pread(fd, text.data(), text.size(), 0);
  if (size <= 0) return "another process";
  const std::string_view pid = std::string_view(text.data(), static_cast<std::size_t>(size));
  // Digits only: what stands in the file is not ours to trust.
  return parse_u64(pid) ? "process " + std::string(pid) : "another process";
}

}  // namespace

Result<StoreLock> StoreLock::acquire(const std::string& directory) {
  const int fd = ::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return fail(Errc::kIo, "opening the lock file: " + std::generic_category().message(errno));
  StoreLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(Errc::kIo, "locking: " + std::generic_category().message(errno));
    return fail(Errc::kUnavailable, "the data directory is in use by " + holder_of(fd));
  }
  // For people only. A full disk must not keep the server from starting, so failure is not an error.
  const std::string pid = std::to_string(::getpid());
  const bool named = ::ftruncate(fd, 0) == 0 && ::pwrite(fd, pid.data(), pid.size(), 0) > 0;
  static_cast<void>(named);
  return lock;
}

StoreLock::~StoreLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace objstore::storage
