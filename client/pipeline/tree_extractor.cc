#include "client/pipeline/tree_extractor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace objstore::client {
namespace {

constexpr std::uint32_t kModeBits = 01777;  // without set-user-id and set-group-id
constexpr std::size_t kNameBytesMax = 255;

std::unexpected<Error> failed(std::string_view path, int error) {
  const Errc code = error == EACCES || error == EPERM                                              ? Errc::kAccessDenied
                    : error == ENOSPC || error == EDQUOT                                           ? Errc::kNoSpace
                    : error == ENOTDIR || error == EISDIR || error == ENOTEMPTY || error == EEXIST ? Errc::kConflict
                    : error == ENOENT                                                              ? Errc::kNotFound
                                                                                                   : Errc::kIo;
  return fail(code, "cannot write " + std::string(path) + ": " + std::strerror(error));
}

std::unexpected<Error> hostile(std::string_view path, const char* why) {
  return fail(Errc::kMalformed, "the archive names '" + std::string(path) + "', " + why);
}

std::array<timespec, 2> as_timespec(EntryTimes times) {
  timespec mtime{};
  mtime.tv_sec = static_cast<time_t>(times.mtime_s);
  mtime.tv_nsec = static_cast<long>(times.mtime_ns);
  return {timespec{0, UTIME_OMIT}, mtime};
}

// The parts of a path, or why it is none.
Result<std::vector<std::string>> split(std::string_view path) {
  if (path.starts_with('/')) return hostile(path, "which is absolute");
  std::vector<std::string> parts;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part.empty() || part == ".") continue;
    if (part == "..") return hostile(path, "which leaves the directory");
    if (part.size() > kNameBytesMax) return hostile(path, "which has a name that is too long");
    if (part.contains('\0')) return hostile(path, "which has a NUL in it");
    parts.emplace_back(part);
  }
  return parts;
}

}  // namespace

// The directory that holds an entry, opened, and the entry's own name; an empty name is root itself.
struct TreeExtractor::Place {
  Place(int d, std::string n) : directory(d), name(std::move(n)) {}
  Place(Place&& other) noexcept : directory(std::exchange(other.directory, -1)), name(std::move(other.name)) {}
  Place& operator=(Place&&) = delete;
  ~Place() {
    if (directory >= 0) ::close(directory);
  }
  int directory;
  std::string name;
};

Result<std::unique_ptr<TreeExtractor>> TreeExtractor::open(const std::string& root) {
  const int fd = ::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return failed(root, errno);
  return std::unique_ptr<TreeExtractor>(new TreeExtractor(fd));
}

TreeExtractor::~TreeExtractor() {
  close_file();
  ::close(root_);
}

void TreeExtractor::close_file() {
  if (file_ >= 0) ::close(std::exchange(file_, -1));
}

Result<TreeExtractor::Place> TreeExtractor::locate(std::string_view path, bool make_parents) {
  OBJSTORE_ASSIGN(std::vector<std::string> parts, split(path));
  Place place(::fcntl(root_, F_DUPFD_CLOEXEC, 0), {});
  if (place.directory < 0) return failed(path, errno);
  if (parts.empty()) return place;
  place.name = std::move(parts.back());
  parts.pop_back();
  for (const auto& part : parts) {
    constexpr mode_t kUntilFinished = 0777;
    if (make_parents && ::mkdirat(place.directory, part.c_str(), kUntilFinished) != 0 && errno != EEXIST) {
      return failed(path, errno);
    }
    const int next = ::openat(place.directory, part.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) {
      const int error = errno;
      struct stat state{};
      const bool link =
          ::fstatat(place.directory, part.c_str(), &state, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(state.st_mode);
      if (link) return hostile(path, "which leads through a symbolic link");
      return failed(path, error);
    }
    ::close(std::exchange(place.directory, next));
  }
  return place;
}

Status TreeExtractor::clear_way(const Place& place, std::string_view path) {
  if (place.name.empty()) return hostile(path, "which is the directory itself");
  if (::unlinkat(place.directory, place.name.c_str(), 0) == 0 || errno == ENOENT) return {};
  if (errno == EISDIR) return fail(Errc::kConflict, "cannot write " + std::string(path) + ": a directory is there");
  return failed(path, errno);
}

Status TreeExtractor::make_directory(std::string_view path, std::uint32_t mode, EntryTimes times) {
  OBJSTORE_ASSIGN(const Place place, locate(path, true));
  if (place.name.empty()) return {};  // root is the caller's
  constexpr mode_t kUntilFinished = 0700;
  if (::mkdirat(place.directory, place.name.c_str(), kUntilFinished) != 0) {
    if (errno != EEXIST) return failed(path, errno);
    struct stat state{};
    if (::fstatat(place.directory, place.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0) return failed(path, errno);
    // A link to a directory is not followed: it may point anywhere.
    if (!S_ISDIR(state.st_mode)) {
      return fail(Errc::kConflict, "cannot make the directory " + std::string(path) + ": something else is there");
    }
  }
  directories_.push_back({std::string(path), mode & kModeBits, times});
  return {};
}

Status TreeExtractor::make_symlink(std::string_view path, const std::string& target, EntryTimes times) {
  OBJSTORE_ASSIGN(const Place place, locate(path, true));
  OBJSTORE_TRY(clear_way(place, path));
  if (::symlinkat(target.c_str(), place.directory, place.name.c_str()) != 0) return failed(path, errno);
  const auto spec = as_timespec(times);
  if (::utimensat(place.directory, place.name.c_str(), spec.data(), AT_SYMLINK_NOFOLLOW) != 0) {
    return failed(path, errno);
  }
  return {};
}

Status TreeExtractor::make_hardlink(std::string_view path, std::string_view existing) {
  OBJSTORE_ASSIGN(const Place from, locate(existing, false));
  OBJSTORE_ASSIGN(const Place to, locate(path, true));
  if (from.name.empty()) return hostile(existing, "which is the directory itself");
  struct stat state{};
  if (::fstatat(from.directory, from.name.c_str(), &state, AT_SYMLINK_NOFOLLOW) != 0) return failed(existing, errno);
  // A link to a link that points outside would be a way out for what is written through it later.
  if (!S_ISREG(state.st_mode)) return hostile(existing, "as the target of a hard link, which is no file");
  OBJSTORE_TRY(clear_way(to, path));
  if (::linkat(from.directory, from.name.c_str(), to.directory, to.name.c_str(), 0) != 0) return failed(path, errno);
  return {};
}

Status TreeExtractor::begin_file(std::string_view path, std::uint32_t mode, EntryTimes times) {
  close_file();
  OBJSTORE_ASSIGN(const Place place, locate(path, true));
  OBJSTORE_TRY(clear_way(place, path));
  file_ = ::openat(place.directory, place.name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (file_ < 0) return failed(path, errno);
  file_path_ = path;
  file_mode_ = mode & kModeBits;
  file_times_ = times;
  return {};
}

Status TreeExtractor::write_at(std::uint64_t offset, ByteView bytes) {
  while (!bytes.empty()) {
    const auto put = ::pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return failed(file_path_, errno);
    offset += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return {};
}

Status TreeExtractor::end_file(std::uint64_t size) {
  const auto spec = as_timespec(file_times_);
  if (::ftruncate(file_, static_cast<off_t>(size)) != 0 || ::fchmod(file_, file_mode_) != 0 ||
      ::futimens(file_, spec.data()) != 0) {
    return failed(file_path_, errno);
  }
  close_file();
  return {};
}

// The innermost first, so that setting a time is not undone by what happens inside.
Status TreeExtractor::finish() {
  for (auto it = directories_.rbegin(); it != directories_.rend(); ++it) {
    OBJSTORE_ASSIGN(const Place place, locate(it->path, false));
    const int fd = ::openat(place.directory, place.name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return failed(it->path, errno);
    const auto spec = as_timespec(it->times);
    const bool set = ::futimens(fd, spec.data()) == 0 && ::fchmod(fd, it->mode) == 0;
    const int error = errno;
    ::close(fd);
    if (!set) return failed(it->path, error);
  }
  directories_.clear();
  return {};
}

}  // namespace objstore::client
