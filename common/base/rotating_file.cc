#include "common/base/rotating_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

namespace objstore {
namespace {

std::unexpected<Error> io_error(std::string what) {
  return fail(Errc::kIo, std::move(what) + ": " + std::generic_category().message(errno));
}

}  // namespace

RotatingFile::~RotatingFile() {
  if (fd_ >= 0) ::close(fd_);
}

Status RotatingFile::open() {
  const std::lock_guard lock(mutex_);
  return open_locked();
}

Status RotatingFile::open_locked() {
  const int fd = ::open(options_.path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd < 0) return io_error("cannot open " + options_.path);
  struct stat info{};
  size_ = ::fstat(fd, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return {};
}

Status RotatingFile::rotate_locked() {
  const auto name = [&](std::uint64_t number) {
    return number == 0 ? options_.path : options_.path + "." + std::to_string(number);
  };
  if (options_.files_kept == 0) {
    ::unlink(options_.path.c_str());
    return open_locked();
  }
  for (std::uint64_t number = options_.files_kept; number-- > 0;)
    if (std::rename(name(number).c_str(), name(number + 1).c_str()) != 0 && errno != ENOENT)
      return io_error("cannot move " + name(number));
  return open_locked();
}

Status RotatingFile::write_line(std::string_view line) {
  std::string bytes(line);
  bytes.push_back('\n');
  const std::lock_guard lock(mutex_);
  if (fd_ < 0) OBJSTORE_TRY(open_locked());
  if (size_ > 0 && size_ + bytes.size() > options_.bytes_max) OBJSTORE_TRY(rotate_locked());
  const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
  if (written > 0) size_ += static_cast<std::uint64_t>(written);
  if (written != static_cast<ssize_t>(bytes.size())) return io_error("cannot write " + options_.path);
  return {};
}

}  // namespace objstore
