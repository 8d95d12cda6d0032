#include "server/storage/space.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "common/base/log.h"

namespace objstore::storage {
namespace {

constexpr std::uint64_t kReserveBytesMin = std::uint64_t{256} << 20;
constexpr std::uint64_t kReserveShare = 100;
constexpr std::chrono::milliseconds kPollInterval{100};
constexpr std::uint64_t kPollBytes = std::uint64_t{64} << 20;

Result<Space> ask(const std::string& directory) {
  struct statvfs room{};
  if (::statvfs(directory.c_str(), &room) != 0) {
    return fail(Errc::kIo, "asking for the free space: " + std::generic_category().message(errno));
  }
  // f_bavail: what is left to others than root, even for root. The rest is the last reserve of an operator.
  return Space{std::uint64_t{room.f_blocks} * room.f_frsize, std::uint64_t{room.f_bavail} * room.f_frsize, 0};
}

void make_ballast(const SpaceOptions& options) {
  if (options.ballast_bytes == 0) return;
  const std::string path = options.directory + "/ballast";
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  int error = fd < 0 ? errno : ::posix_fallocate(fd, 0, static_cast<off_t>(options.ballast_bytes));
  if (fd >= 0) ::close(fd);
  if (error == 0) return;
  log::warn("no ballast file", {{"error", std::generic_category().message(error)}});
  if (fd >= 0) ::unlink(path.c_str());  // a part of it would only take space away
}

}  // namespace

SpaceGuard::SpaceGuard(SpaceOptions options, std::uint64_t reserve_bytes, const Clock& clock)
    : options_(std::move(options)), reserve_bytes_(reserve_bytes), clock_(clock) {}

Result<std::unique_ptr<SpaceGuard>> SpaceGuard::open(const SpaceOptions& options, const Clock& clock) {
  make_ballast(options);
  OBJSTORE_ASSIGN(const Space space, ask(options.directory));
  const std::uint64_t reserve = options.reserve_bytes != 0
                                    ? options.reserve_bytes
                                    : std::max(space.total_bytes / kReserveShare, kReserveBytesMin);
  std::unique_ptr<SpaceGuard> guard(new SpaceGuard(options, reserve, clock));
  std::lock_guard lock(guard->mutex_);
  OBJSTORE_TRY(guard->poll());
  return guard;
}

Status SpaceGuard::poll() {
  OBJSTORE_ASSIGN(const Space space, ask(options_.directory));
  available_bytes_ = space.available_bytes;
  admitted_bytes_ = 0;
  polled_ = clock_.steady_now();
  return {};
}

Status SpaceGuard::admit(std::uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (admitted_bytes_ + bytes > kPollBytes || clock_.steady_now() - polled_ >= kPollInterval) OBJSTORE_TRY(poll());
  if (bytes > available_bytes_ || available_bytes_ - bytes < reserve_bytes_ + admitted_bytes_) {
    return fail(Errc::kNoSpace, "the disk has no space for more");
  }
  admitted_bytes_ += bytes;
  return {};
}

Result<Space> SpaceGuard::space() const {
  OBJSTORE_ASSIGN(Space space, ask(options_.directory));
  space.reserve_bytes = reserve_bytes_;
  return space;
}

}  // namespace objstore::storage
