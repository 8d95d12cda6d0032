#include "server/auth/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace objstore::auth {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }
  bool valid() const noexcept { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> io_error(const std::filesystem::path& path, std::string_view what) {
  const int code = errno;
  return fail(Errc::kIo, path.string() + ": " + std::string(what) + ": " + std::strerror(code));
}

Status write_all(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const auto n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path, "cannot write");
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Status sync_directory(const std::filesystem::path& directory) {
  const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || ::fsync(fd.get()) != 0) return io_error(directory, "cannot sync the directory");
  return {};
}

Result<std::string> read_all(int fd, std::size_t limit, const std::filesystem::path& path) {
  std::string content;
  std::array<char, 4096> block;
  for (;;) {
    const auto n = ::read(fd, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return io_error(path, "cannot read");
    if (n == 0) return content;
    content.append(block.data(), static_cast<std::size_t>(n));
    if (content.size() > limit) return fail(Errc::kTooLarge, path.string() + ": the file is too large");
  }
}

Result<std::optional<std::string>> read_file(const std::filesystem::path& path, std::size_t limit,
                                             bool must_be_private) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) {
    if (errno == ENOENT) return std::optional<std::string>();
    return io_error(path, "cannot open");
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0) return io_error(path, "cannot stat");
  if (must_be_private && (info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return fail(Errc::kAccessDenied, path.string() + ": others may access this file; make it mode 0600");
  OBJSTORE_ASSIGN(auto content, read_all(fd.get(), limit, path));
  return std::optional<std::string>(std::move(content));
}

}  // namespace

Status write_private_file(const std::filesystem::path& path, std::string_view content) {
  auto temporary = path;
  temporary += ".new";
  {
    // A left-over of a crash may have any mode: make the file anew.
    ::unlink(temporary.c_str());
    const Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd.valid()) return io_error(temporary, "cannot create");
    OBJSTORE_TRY(write_all(fd.get(), content, temporary));
    if (::fsync(fd.get()) != 0) return io_error(temporary, "cannot sync");
  }
  if (::rename(temporary.c_str(), path.c_str()) != 0) return io_error(path, "cannot replace");
  const auto directory = path.parent_path();
  return sync_directory(directory.empty() ? std::filesystem::path(".") : directory);
}

Result<std::optional<std::string>> read_small_file(const std::filesystem::path& path, std::size_t limit) {
  return read_file(path, limit, false);
}

Result<std::optional<std::string>> read_private_file(const std::filesystem::path& path) {
  return read_file(path, kPrivateFileBytesMax, true);
}

}  // namespace objstore::auth
