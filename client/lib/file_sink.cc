#include "client/lib/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "common/base/digest.h"

namespace objstore::client {
namespace {

Errc errc_of_file(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return Errc::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return Errc::kAccessDenied;
    case ENOSPC:
    case EDQUOT:
      return Errc::kNoSpace;
    default:
      return Errc::kIo;
  }
}

std::unexpected<Error> cannot_write(const std::string& path, int error) {
  return fail(errc_of_file(error), "cannot write " + path + ": " + std::strerror(error));
}

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

// Hidden, and short whatever the final name's length: a name may have 255 bytes, and no more.
std::string temporary_name(const std::string& path) {
  std::array<std::byte, 8> random{};
  fill_random(random);
  return directory_of(path) + "/.objstore-" + to_hex(random) + ".part";
}

std::string followed(const std::string& path) {
  char* resolved = ::realpath(path.c_str(), nullptr);
  if (resolved == nullptr) return path;  // a link to nothing: replaced itself
  std::string out(resolved);
  std::free(resolved);  // NOLINT: realpath allocates with malloc
  return out;
}

}  // namespace

FileSink::FileSink(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

FileSink::~FileSink() {
  if (fd_ >= 0) ::close(fd_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<std::unique_ptr<FileSink>> FileSink::open(const std::string& path) {
  struct stat existing{};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && S_ISDIR(existing.st_mode)) return fail(Errc::kInvalidArgument, path + " is a directory");
  if (exists && !S_ISREG(existing.st_mode)) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return cannot_write(path, errno);
    return std::unique_ptr<FileSink>(new FileSink(path, {}, fd));
  }
  const std::string target = exists ? followed(path) : path;
  std::string temporary = temporary_name(target);
  constexpr mode_t kModeBeforeUmask = 0666;
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kModeBeforeUmask);
  if (fd < 0) return cannot_write(path, errno);
  // A file that is replaced keeps its permissions, as if it had been written to.
  if (exists) (void)::fchmod(fd, existing.st_mode & 07777);
  return std::unique_ptr<FileSink>(new FileSink(target, std::move(temporary), fd));
}

Status FileSink::write(ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::write(fd_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return cannot_write(path_, errno);
    }
  }
  return {};
}

Status FileSink::commit(bool sync) {
  if (sync && ::fsync(fd_) != 0 && errno != EINVAL) return cannot_write(path_, errno);
  // Network file systems report a full disk here.
  if (::close(std::exchange(fd_, -1)) != 0) return cannot_write(path_, errno);
  if (temporary_.empty()) return {};
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return cannot_write(path_, errno);
  temporary_.clear();
  if (!sync) return {};
  const int directory = ::open(directory_of(path_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return cannot_write(path_, errno);
  const int rc = ::fsync(directory);
  const int error = errno;
  ::close(directory);
  if (rc != 0) return cannot_write(path_, error);
  return {};
}

}  // namespace objstore::client
