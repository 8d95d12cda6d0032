#include "server/storage/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "server/storage/segment_file.h"

namespace objstore::storage {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr std::size_t kPieceBytes = std::size_t{1} << 20;

Errc code_of(int error) {
  if (error == ENOSPC || error == EDQUOT) return Errc::kNoSpace;
  return error == ENOENT ? Errc::kNotFound : Errc::kIo;
}

std::unexpected<Error> fail_at(const fs::path& path, std::string_view what, int error = errno) {
  return fail(code_of(error), path.string() + ": " + std::string(what) + ": " + std::generic_category().message(error));
}

Result<int> open_file(const fs::path& path, int flags) {
  while (true) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, kFileMode);
    if (fd >= 0) return fd;
    if (errno != EINTR) return fail_at(path, "cannot be opened");
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { ::close(fd_); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

}  // namespace

Status read_through(const fs::path& path, const std::function<Status(ByteView)>& take) {
  OBJSTORE_ASSIGN(const int opened, open_file(path, O_RDONLY));
  const Descriptor file(opened);
  std::vector<std::byte> piece(kPieceBytes);
  while (true) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail_at(path, "cannot be read");
    if (got == 0) return {};
    OBJSTORE_TRY(take(ByteView(piece).first(static_cast<std::size_t>(got))));
  }
}

Result<std::string> read_file(const fs::path& path, std::size_t limit) {
  std::string content;
  OBJSTORE_TRY(read_through(path, [&](ByteView bytes) -> Status {
    if (content.size() + bytes.size() > limit) return fail(Errc::kTooLarge, path.string() + ": the file is too large");
    content += as_text(bytes);
    return {};
  }));
  return content;
}

Result<NewFile> NewFile::create(const fs::path& path) {
  OBJSTORE_ASSIGN(const int fd, open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
  return NewFile(path, fd);
}

NewFile::NewFile(NewFile&& other) noexcept : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

NewFile::~NewFile() {
  if (fd_ < 0) return;
  ::close(fd_);
  ::unlink(path_.c_str());
}

Status NewFile::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_at(path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Status NewFile::finish() {
  if (::fsync(fd_) != 0) return fail_at(path_, "cannot be synced");
  ::close(std::exchange(fd_, -1));
  return {};
}

Status replace_file(const fs::path& path, std::string_view content) {
  const fs::path fresh = path.string() + ".new";
  OBJSTORE_ASSIGN(auto file, NewFile::create(fresh));
  OBJSTORE_TRY(file.write(as_bytes(content)));
  OBJSTORE_TRY(file.finish());
  OBJSTORE_TRY(rename_path(fresh, path));
  return sync_directory(path.parent_path().string());
}

Status copy_durably(const fs::path& from, const fs::path& to, const std::function<void(ByteView)>& observe) {
  OBJSTORE_ASSIGN(auto file, NewFile::create(to));
  OBJSTORE_TRY(read_through(from, [&](ByteView bytes) {
    if (observe) observe(bytes);
    return file.write(bytes);
  }));
  return file.finish();
}

Status link_or_copy(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0) return {};
  if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP) return copy_durably(from, to);
  return fail_at(to, "cannot be linked");
}

Status make_directories(const fs::path& path) {
  if (::mkdir(path.c_str(), kDirectoryMode) == 0) return {};
  if (errno == EEXIST) return {};
  if (errno != ENOENT || !path.has_parent_path() || path.parent_path() == path)
    return fail_at(path, "the directory cannot be made");
  OBJSTORE_TRY(make_directories(path.parent_path()));
  if (::mkdir(path.c_str(), kDirectoryMode) == 0 || errno == EEXIST) return {};
  return fail_at(path, "the directory cannot be made");
}

Status rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail_at(from, "cannot be renamed");
  return {};
}

Status remove_tree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) return fail_at(path, "cannot be removed", error.value());
  return {};
}

Status sync_files(const fs::path& directory) {
  OBJSTORE_ASSIGN(const auto files, list_files(directory));
  for (const FileFacts& one : files) {
    OBJSTORE_ASSIGN(const int opened, open_file(directory / one.name, O_RDONLY));
    const Descriptor file(opened);
    if (::fsync(file.get()) != 0) return fail_at(directory / one.name, "cannot be synced");
  }
  return sync_directory(directory.string());
}

Result<std::vector<FileFacts>> list_files(const fs::path& directory) {
  std::vector<FileFacts> out;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  if (error.value() == ENOENT) return out;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    struct stat info{};
    if (::lstat(entry->path().c_str(), &info) != 0) return fail_at(entry->path(), "cannot be looked at");
    if (!S_ISREG(info.st_mode)) continue;
    constexpr std::int64_t kNanosecondsASecond = 1'000'000'000;
    out.push_back({entry->path().filename().string(), static_cast<std::uint64_t>(info.st_size), info.st_ino,
                   info.st_mtim.tv_sec * kNanosecondsASecond + info.st_mtim.tv_nsec});
  }
  if (error) return fail_at(directory, "cannot be listed", error.value());
  std::ranges::sort(out, {}, &FileFacts::name);
  return out;
}

Result<std::vector<std::string>> list_directories(const fs::path& directory) {
  std::vector<std::string> out;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  if (error.value() == ENOENT) return out;
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    std::error_code ignored;
    if (entry->is_directory(ignored)) out.push_back(entry->path().filename().string());
  }
  if (error) return fail_at(directory, "cannot be listed", error.value());
  std::ranges::sort(out);
  return out;
}

}  // namespace objstore::storage
