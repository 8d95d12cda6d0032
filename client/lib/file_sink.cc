#include "client/lib/file_sink.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
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
  if (!temporary_.empty() && !keep_) ::unlink(temporary_.c_str());
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
  const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, kModeBeforeUmask);
  if (fd < 0) return cannot_write(path, errno);
  // A file that is replaced keeps its permissions, as if it had been written to.
  if (exists) (void)::fchmod(fd, existing.st_mode & 07777);
  return std::unique_ptr<FileSink>(new FileSink(target, std::move(temporary), fd));
}

namespace {

// Short enough for any file system, and the same for the same names.
std::string digest_prefix(const std::string& text) {
  constexpr std::size_t kHexDigits = 24;
  return to_hex(sha256(as_bytes(text))).substr(0, kHexDigits);
}

std::string kept_prefix(const std::string& path, const std::string& object) {
  const auto slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  return ".objstore-" + digest_prefix(object + "\n" + name) + "-";
}

}  // namespace

std::string FileSink::kept_name(const std::string& path, const std::string& object, const std::string& etag) {
  return kept_prefix(path, object) + digest_prefix(etag) + ".part";
}

std::vector<std::string> FileSink::find_kept(const std::string& path, const std::string& object) {
  std::vector<std::string> out;
  const std::string prefix = kept_prefix(path, object);
  std::error_code ec;
  for (std::filesystem::directory_iterator walk(directory_of(path), ec), end; !ec && walk != end; walk.increment(ec)) {
    const std::string name = walk->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(".part")) out.push_back(walk->path().string());
  }
  return out;
}

Result<std::unique_ptr<FileSink>> FileSink::open_kept(const std::string& path, const std::string& name) {
  struct stat existing{};
  const bool exists = ::stat(path.c_str(), &existing) == 0;
  if (exists && !S_ISREG(existing.st_mode)) return nullptr;
  std::error_code ec;
  // Through a link the directory is another one, where find_kept() does not look.
  if (exists && std::filesystem::is_symlink(path, ec)) return nullptr;
  std::string temporary = directory_of(path) + "/" + name;
  constexpr mode_t kModeBeforeUmask = 0666;
  const int fd = ::open(temporary.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, kModeBeforeUmask);
  if (fd < 0) return cannot_write(path, errno);
  struct stat state{};
  const bool ours = ::flock(fd, LOCK_EX | LOCK_NB) == 0 && ::fstat(fd, &state) == 0 && state.st_nlink > 0;
  if (!ours) {
    ::close(fd);
    return nullptr;
  }
  if (exists) (void)::fchmod(fd, existing.st_mode & 07777);
  std::unique_ptr<FileSink> sink(new FileSink(path, std::move(temporary), fd));
  sink->findable_ = true;
  sink->kept_size_ = static_cast<std::uint64_t>(state.st_size);
  return sink;
}

Status FileSink::write_at(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
      offset += static_cast<std::uint64_t>(written);
    } else if (errno != EINTR) {
      return cannot_write(path_, errno);
    }
  }
  return {};
}

Status FileSink::read_at(std::uint64_t offset, MutableBytes out) const {
  while (!out.empty()) {
    const auto got = ::pread(fd_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got > 0) {
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    } else if (got == 0 || errno != EINTR) {
      return fail(Errc::kIo, "cannot read " + temporary_ + ": " + (got == 0 ? "it is shorter" : std::strerror(errno)));
    }
  }
  return {};
}

Status FileSink::resize(std::uint64_t size) {
  if (::ftruncate(fd_, static_cast<off_t>(size)) != 0) return cannot_write(path_, errno);
  return {};
}

namespace {

// Taking space there clears every page of it, which costs a quarter of what writing it does.
bool is_in_memory(int fd) {
  struct statfs disk{};
  return ::fstatfs(fd, &disk) == 0 && disk.f_type == TMPFS_MAGIC;
}

bool has_room(int fd, std::uint64_t size) {
  struct statvfs disk{};
  struct stat state{};
  if (::fstatvfs(fd, &disk) != 0 || ::fstat(fd, &state) != 0 || disk.f_blocks == 0) return true;
  constexpr std::uint64_t kStatBlockBytes = 512;
  const std::uint64_t here = static_cast<std::uint64_t>(state.st_blocks) * kStatBlockBytes;
  return size <= here || size - here <= std::uint64_t{disk.f_bavail} * disk.f_frsize;
}

}  // namespace

Status FileSink::reserve(std::uint64_t size) {
  if (is_in_memory(fd_)) return has_room(fd_, size) ? Status{} : Status(cannot_write(path_, ENOSPC));
  int rc = 0;
  do rc = ::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size));
  while (rc != 0 && errno == EINTR);
  if (rc != 0 && (errno == ENOSPC || errno == EDQUOT || errno == EFBIG)) return cannot_write(path_, errno);
  return {};  // a file system that cannot reserve tells of a full disk later
}

void FileSink::give_back(std::uint64_t offset, std::uint64_t size) noexcept {
  (void)::fallocate(fd_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, static_cast<off_t>(offset),
                    static_cast<off_t>(size));
}

Status FileSink::restrict_to_owner() {
  constexpr mode_t kOwnerOnly = 0600;
  if (!temporary_.empty() && ::fchmod(fd_, kOwnerOnly) != 0) return cannot_write(path_, errno);
  return {};
}

Status FileSink::set_time(std::int64_t unix_ms) {
  if (temporary_.empty()) return {};  // a pipe's or a device's time is nobody's
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  const timespec time{.tv_sec = unix_ms / kMsPerSecond, .tv_nsec = unix_ms % kMsPerSecond * kNsPerMs};
  const std::array<timespec, 2> times{time, time};
  if (::futimens(fd_, times.data()) != 0) return cannot_write(path_, errno);
  return {};
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
