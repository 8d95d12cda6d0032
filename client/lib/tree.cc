#include <dirent.h>
#include <fcntl.h>
#include <objstore/tree.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace objstore::client {
namespace {

Errc errc_of_read(int error) {
  if (error == ENOENT || error == ENOTDIR) return Errc::kNotFound;
  return error == EACCES || error == EPERM ? Errc::kAccessDenied : Errc::kIo;
}

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  return fail(errc_of_read(error), "cannot read " + path + ": " + std::strerror(error));
}

struct DirectoryCloser {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

// Depth first. Each directory's names are sorted as they stand in paths, a directory's with its '/': only so is the
// order of the walk that of the paths ("a.b" before "a/c").
class LocalTree final : public TreeReader {
 public:
  LocalTree(std::string root, const PathFilter& filter, bool absent_is_empty, std::stop_token stop)
      : root_(std::move(root)), filter_(filter), absent_is_empty_(absent_is_empty), stop_(std::move(stop)) {}
  Result<std::optional<TreeEntry>> next() override;
  std::uint64_t passed_over() const noexcept override { return passed_over_; }

 private:
  struct Level {
    std::string path;                // relative, with '/' at its end; empty for the root
    std::vector<std::string> names;  // of directories with '/'
    std::size_t at = 0;
  };
  Status enter(std::string path);
  Status add(int directory, const dirent& entry, Level& level);
  Result<std::optional<TreeEntry>> entry_of(const std::string& path);
  std::string full(const std::string& path) const { return root_ + (root_.ends_with('/') ? "" : "/") + path; }

  const std::string root_;
  const PathFilter filter_;
  const bool absent_is_empty_;
  const std::stop_token stop_;
  std::vector<Level> levels_;
  bool begun_ = false;
  std::uint64_t passed_over_ = 0;
};

Status LocalTree::add(int directory, const dirent& entry, Level& level) {
  const std::string_view name = entry.d_name;
  if (name == "." || name == "..") return {};
  const std::string path = level.path + std::string(name);
  unsigned char type = entry.d_type;
  if (type == DT_UNKNOWN) {
    struct stat state{};
    if (::fstatat(directory, entry.d_name, &state, AT_SYMLINK_NOFOLLOW) != 0) return cannot_read(full(path), errno);
    type = S_ISDIR(state.st_mode) ? DT_DIR : S_ISREG(state.st_mode) ? DT_REG : DT_LNK;
  }
  if (type == DT_DIR) {
    if (!filter_.excludes(path)) level.names.push_back(std::string(name) + "/");
  } else if (filter_.matches(path)) {
    // Pipes and devices have no end or no sense; what a link means on the other side nobody knows.
    if (type == DT_REG) {
      level.names.emplace_back(name);
    } else {
      ++passed_over_;
    }
  }
  return {};
}

Status LocalTree::enter(std::string path) {
  const std::string where = path.empty() ? root_ : full(path);
  errno = 0;
  const std::unique_ptr<DIR, DirectoryCloser> directory(::opendir(where.c_str()));
  if (!directory) {
    const bool absent = path.empty() && errno == ENOENT && absent_is_empty_;
    return absent ? Status{} : cannot_read(where, errno);
  }
  Level level{.path = std::move(path), .names = {}};
  while (true) {
    errno = 0;
    const dirent* entry = ::readdir(directory.get());  // NOLINT: a stream of our own
    if (entry == nullptr) break;
    OBJSTORE_TRY(add(::dirfd(directory.get()), *entry, level));
  }
  if (errno != 0) return cannot_read(where, errno);
  std::ranges::sort(level.names);
  levels_.push_back(std::move(level));
  return {};
}

Result<std::optional<TreeEntry>> LocalTree::entry_of(const std::string& path) {
  struct stat state{};
  if (::lstat(full(path).c_str(), &state) != 0) {
    if (errno == ENOENT) return std::nullopt;  // removed since the directory was read
    return cannot_read(full(path), errno);
  }
  constexpr std::int64_t kMsPerSecond = 1000;
  constexpr std::int64_t kNsPerMs = 1'000'000;
  return TreeEntry{.path = path,
                   .size = static_cast<std::uint64_t>(state.st_size),
                   .modified_ms = state.st_mtim.tv_sec * kMsPerSecond + state.st_mtim.tv_nsec / kNsPerMs};
}

Result<std::optional<TreeEntry>> LocalTree::next() {
  if (!std::exchange(begun_, true)) OBJSTORE_TRY(enter({}));
  while (!levels_.empty()) {
    if (stop_.stop_requested()) return fail(Errc::kCancelled, "stopped");
    Level& level = levels_.back();
    if (level.at == level.names.size()) {
      levels_.pop_back();
      continue;
    }
    std::string path = level.path + level.names[level.at++];
    if (path.ends_with('/')) {
      if (auto entered = enter(std::move(path)); !entered) {
        levels_.clear();
        return std::unexpected(std::move(entered.error()));
      }
      continue;
    }
    OBJSTORE_ASSIGN(auto entry, entry_of(path));
    if (entry) return entry;
  }
  return std::nullopt;
}

class RemoteTree final : public TreeReader {
 public:
  RemoteTree(Client& client, const Prefix& place, PathFilter filter, std::stop_token stop)
      : prefix_length_(place.prefix.size()),
        filter_(std::move(filter)),
        pager_(client.list(place.bucket, {.prefix = place.prefix, .stop = std::move(stop)})) {}

  Result<std::optional<TreeEntry>> next() override {
    while (true) {
      if (at_ == page_.objects.size()) {
        OBJSTORE_ASSIGN(auto page, pager_.next());
        if (!page) return std::nullopt;
        page_ = std::move(*page);
        at_ = 0;
        continue;
      }
      ListEntry& entry = page_.objects[at_++];
      std::string path = entry.key.substr(prefix_length_);
      if (!filter_.matches(path)) continue;
      return TreeEntry{.path = std::move(path),
                       .size = entry.size,
                       .modified_ms = entry.last_modified_ms,
                       .etag = std::move(entry.etag)};
    }
  }

 private:
  const std::size_t prefix_length_;
  const PathFilter filter_;
  ListPager pager_;
  ListPage page_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<TreeReader> read_tree(Client& client, const Place& place, const PathFilter& filter,
                                      bool absent_is_empty, std::stop_token stop) {
  if (const auto* directory = std::get_if<Directory>(&place)) {
    return std::make_unique<LocalTree>(directory->path, filter, absent_is_empty, std::move(stop));
  }
  return std::make_unique<RemoteTree>(client, std::get<Prefix>(place), filter, std::move(stop));
}

std::optional<std::string> file_path_for(std::string_view path) {
  if (path.contains('\0')) return std::nullopt;
  for (std::string_view rest = path;;) {
    const auto slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    if (part.empty() || part == "." || part == "..") return std::nullopt;
    if (slash == std::string_view::npos) return std::string(path);
    rest.remove_prefix(slash + 1);
  }
}

}  // namespace objstore::client
