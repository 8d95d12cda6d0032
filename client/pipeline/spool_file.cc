#include "client/pipeline/spool_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace objstore::client {
namespace {

std::unexpected<Error> failed(const std::string& what, int error) {
  const Errc code = error == ENOENT                      ? Errc::kNotFound
                    : error == EACCES                    ? Errc::kAccessDenied
                    : error == ENOSPC || error == EDQUOT ? Errc::kNoSpace
                                                         : Errc::kIo;
  return fail(code, what + ": " + std::strerror(error));
}

// Not every file system has files without a name.
int open_unnamed(const std::string& directory) {
  int fd = ::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
  std::string name = directory + "/objcli-XXXXXX";
  fd = ::mkostemp(name.data(), O_CLOEXEC);
  if (fd >= 0) ::unlink(name.c_str());
  return fd;
}

}  // namespace

Result<std::unique_ptr<SpoolFile>> SpoolFile::create(const std::string& directory) {
  std::string where = directory;
  if (where.empty()) {
    const char* variable = std::getenv("TMPDIR");
    where = variable != nullptr && *variable != '\0' ? variable : "/tmp";
  }
  const int fd = open_unnamed(where);
  if (fd < 0) return failed("cannot make a temporary file in " + where, errno);
  return std::unique_ptr<SpoolFile>(new SpoolFile(fd));
}

SpoolFile::~SpoolFile() {
  ::close(fd_);
}

Status SpoolFile::append(ByteView bytes) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed("cannot write a temporary file", errno);
    size_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status SpoolFile::rewind() {
  if (::lseek(fd_, 0, SEEK_SET) == 0) return {};
  return failed("cannot read a temporary file", errno);
}

}  // namespace objstore::client
