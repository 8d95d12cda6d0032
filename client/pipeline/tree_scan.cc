#include "client/pipeline/tree_scan.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <utility>

namespace objstore::client {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kPermissionBits = 07777;

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  const Errc code = error == ENOENT ? Errc::kNotFound : error == EACCES ? Errc::kAccessDenied : Errc::kIo;
  return fail(code, "cannot read " + path + ": " + std::strerror(error));
}

// The path below root, without ".": empty for root itself.
Result<std::string> relative_to_root(const fs::path& root, const std::string& given) {
  fs::path relative = fs::path(given).lexically_normal();
  if (relative.is_absolute()) {
    std::error_code ec;
    relative = relative.lexically_relative(fs::absolute(root, ec).lexically_normal());
    if (ec) return cannot_read(root.string(), ec.value());
  }
  std::string text = relative.string();
  while (text.ends_with('/')) text.pop_back();
  if (text == ".") text.clear();
  const bool leaves = text == ".." || text.starts_with("../") || text.starts_with('/');
  if (leaves || (text.empty() && given.empty())) {
    return fail(Errc::kInvalidArgument, "'" + given + "' does not lie below " + root.string());
  }
  return text;
}

class Scan {
 public:
  Scan(fs::path root, const std::stop_token& stop) : root_(std::move(root)), stop_(stop) {}

  // The directories above a path are entries, too: they bring their modes along.
  Status add_with_parents(const std::string& relative) {
    for (auto slash = relative.find('/'); slash != std::string::npos; slash = relative.find('/', slash + 1)) {
      OBJSTORE_ASSIGN(const bool directory, add_one(relative.substr(0, slash)));
      if (!directory) return fail(Errc::kInvalidArgument, "'" + relative + "' leads through a symbolic link");
    }
    return add_below(relative);
  }

  ScannedTree finish() {
    for (auto& [path, entry] : entries_) {
      link_if_seen(entry);
      tree_.entries.push_back(std::move(entry.entry));
    }
    return std::move(tree_);
  }

 private:
  struct Seen {
    ScannedEntry entry;
    dev_t device = 0;
    ino_t inode = 0;
    nlink_t links = 1;
  };

  // True for a directory.
  Result<bool> add_one(const std::string& relative) {
    if (stop_.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const fs::path path = relative.empty() ? root_ : root_ / relative;
    struct stat state{};
    if (::lstat(path.c_str(), &state) != 0) return cannot_read(path.string(), errno);
    Seen seen{.entry = {.path = relative,
                        .mode = state.st_mode & kPermissionBits,
                        .mtime_s = state.st_mtim.tv_sec,
                        .mtime_ns = state.st_mtim.tv_nsec},
              .device = state.st_dev,
              .inode = state.st_ino,
              .links = state.st_nlink};
    if (S_ISDIR(state.st_mode)) {
      seen.entry.kind = EntryKind::kDirectory;
    } else if (S_ISREG(state.st_mode)) {
      seen.entry.size = static_cast<std::uint64_t>(state.st_size);
    } else if (S_ISLNK(state.st_mode)) {
      seen.entry.kind = EntryKind::kSymlink;
      std::error_code ec;
      seen.entry.target = fs::read_symlink(path, ec).string();
      if (ec) return cannot_read(path.string(), ec.value());
    } else {
      ++tree_.skipped;
      return false;
    }
    // Root itself is there on the other side, whatever it is called.
    if (!relative.empty()) entries_.try_emplace(relative, std::move(seen));
    return S_ISDIR(state.st_mode);
  }

  Status add_below(const std::string& relative) {
    OBJSTORE_ASSIGN(const bool directory, add_one(relative));
    if (!directory) return {};
    const fs::path path = relative.empty() ? root_ : root_ / relative;
    std::error_code ec;
    std::vector<std::string> names;
    fs::directory_iterator it(path, ec);
    for (; !ec && it != fs::directory_iterator(); it.increment(ec)) names.push_back(it->path().filename().string());
    if (ec) return cannot_read(path.string(), ec.value());
    for (const auto& name : names) OBJSTORE_TRY(add_below(relative.empty() ? name : relative + "/" + name));
    return {};
  }

  // In the order of paths, so the first name of a file is the same whatever order the directories were read in.
  void link_if_seen(Seen& seen) {
    if (seen.entry.kind != EntryKind::kFile || seen.links < 2) return;
    const auto [it, first] = inodes_.try_emplace({seen.device, seen.inode}, seen.entry.path);
    if (first) return;
    seen.entry.kind = EntryKind::kHardlink;
    seen.entry.target = it->second;
    seen.entry.size = 0;
  }

  const fs::path root_;
  const std::stop_token& stop_;
  std::map<std::string, Seen> entries_;
  std::map<std::pair<dev_t, ino_t>, std::string> inodes_;
  ScannedTree tree_;
};

}  // namespace

Result<ScannedTree> scan_tree(const std::string& root, const std::vector<std::string>& paths,
                              const std::stop_token& stop) {
  Scan scan(root, stop);
  for (const auto& given : paths) {
    OBJSTORE_ASSIGN(const std::string relative, relative_to_root(root, given));
    OBJSTORE_TRY(scan.add_with_parents(relative));
  }
  return scan.finish();
}

}  // namespace objstore::client
