#include "server/storage/segment_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/executor.h"

namespace objstore::storage {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr std::size_t kBlock = 4096;
constexpr int kStallsMax = 8;

std::unexpected<Error> fail_errno(std::string_view what, int error) {
  Errc code = Errc::kIo;
  if (error == ENOSPC || error == EDQUOT) code = Errc::kNoSpace;
  if (error == ENOENT) code = Errc::kNotFound;
  if (error == EEXIST) code = Errc::kConflict;
  if (error == EINVAL) code = Errc::kUnsupported;
  return fail(code, std::string(what) + ": " + std::generic_category().message(error));
}

// What of it is in memory, without waiting for the disk. 0 also where the system cannot say.
std::size_t read_cached(int fd, std::uint64_t offset, MutableBytes out) {
  const iovec part{out.data(), out.size()};
  const ssize_t got = ::preadv2(fd, &part, 1, static_cast<off_t>(offset), RWF_NOWAIT);
  return got < 0 ? 0 : static_cast<std::size_t>(got);
}

}  // namespace

Result<std::shared_ptr<SegmentFile>> SegmentFile::open(const std::string& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return fail_errno("opening a segment", errno);
  return std::shared_ptr<SegmentFile>(new SegmentFile(fd));
}

Result<std::shared_ptr<SegmentFile>> SegmentFile::create(const std::string& path, WriteMode mode) {
  return open(path, O_WRONLY | O_CREAT | O_EXCL | (mode == WriteMode::kDirect ? O_DIRECT : 0));
}

Result<std::shared_ptr<SegmentFile>> SegmentFile::open_for_reading(const std::string& path) {
  return open(path, O_RDONLY);
}

Result<std::shared_ptr<SegmentFile>> SegmentFile::open_for_repair(const std::string& path) {
  return open(path, O_RDWR);
}

SegmentFile::~SegmentFile() {
  ::close(fd_);
}

Status SegmentFile::write_at(std::uint64_t offset, ByteView bytes) {
  const Blocking blocking;
  int stalls = 0;
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("writing a segment", errno);
    // After a short write go on from a block boundary: O_DIRECT takes no other, and the same bytes come again.
    std::size_t done = static_cast<std::size_t>(written);
    if (done < bytes.size()) done -= done % kBlock;
    if (done == 0 && ++stalls > kStallsMax) return fail(Errc::kIo, "writing a segment: nothing is taken");
    bytes = bytes.subspan(done);
    offset += done;
  }
  return {};
}

Result<std::size_t> SegmentFile::read_at(std::uint64_t offset, MutableBytes out) const {
  std::size_t done = read_cached(fd_, offset, out);
  if (done == out.size()) return done;
  const Blocking blocking;
  while (done < out.size()) {
    const ssize_t got = ::pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_errno("reading a segment", errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::optional<FileSlice> SegmentFile::cached_slice(std::shared_ptr<const SegmentFile> file, std::uint64_t offset,
                                                   std::size_t length) {
  std::array<std::byte, 1> end;
  const int fd = file->fd_;
  if (length == 0 || read_cached(fd, offset, end) == 0 || read_cached(fd, offset + length - 1, end) == 0)
    return std::nullopt;
  return FileSlice{std::move(file), fd, offset, length};
}

Status SegmentFile::sync_data() {
  const Blocking blocking;
  // Not repeated on EINTR: the kernel reports a failed write-back once, and a second call would answer success.
  if (::fdatasync(fd_) != 0) return fail_errno("syncing a segment", errno);
  return {};
}

Status SegmentFile::truncate(std::uint64_t size) {
  int result = 0;
  do {
    result = ::ftruncate(fd_, static_cast<off_t>(size));
  } while (result != 0 && errno == EINTR);
  if (result != 0) return fail_errno("truncating a segment", errno);
  return {};
}

Status SegmentFile::preallocate(std::uint64_t from, std::uint64_t to) {
  int result = 0;
  do {
    result = ::fallocate(fd_, 0, static_cast<off_t>(from), static_cast<off_t>(to - from));
  } while (result != 0 && errno == EINTR);
  if (result == 0) return {};
  if (errno == EOPNOTSUPP || errno == ENOSYS) return fail(Errc::kUnsupported, "no preallocation here");
  return fail_errno("preallocating a segment", errno);
}

Result<std::uint64_t> SegmentFile::size() const {
  struct stat info{};
  if (::fstat(fd_, &info) != 0) return fail_errno("looking at a segment", errno);
  return static_cast<std::uint64_t>(info.st_size);
}

Status sync_directory(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return fail_errno("opening the segment directory", errno);
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0) return fail_errno("syncing the segment directory", error);
  return {};
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("removing a segment", errno);
  return {};
}

Result<WriteMode> probe_write_mode(const std::string& directory) {
  const std::string path = directory + "/probe";
  OBJSTORE_TRY(remove_file(path));
  struct alignas(kBlock) Block {
    std::array<std::byte, kBlock> bytes{};
  };
  const Block block;
  // Some file systems refuse at open, others at the first write.
  Status tried;
  if (auto file = SegmentFile::create(path, WriteMode::kDirect)) {
    tried = (*file)->write_at(0, block.bytes);
  } else {
    tried = std::unexpected(file.error());
  }
  OBJSTORE_TRY(remove_file(path));
  const bool refused = !tried && tried.error().code == Errc::kUnsupported;
  return refused ? WriteMode::kBuffered : WriteMode::kDirect;
}

}  // namespace objstore::storage
