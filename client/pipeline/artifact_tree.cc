#include "client/pipeline/artifact_tree.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <utility>

#include "client/pipeline/tree_extractor.h"
#include "common/base/digest.h"

namespace objstore::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

std::unexpected<Error> failed(const std::string& what, int error) {
  const Errc code = error == ENOENT                      ? Errc::kNotFound
                    : error == EACCES || error == EPERM  ? Errc::kAccessDenied
                    : error == ENOSPC || error == EDQUOT ? Errc::kNoSpace
                                                         : Errc::kIo;
  return fail(code, what + ": " + std::strerror(error));
}

// A file that is read, or written anew.
class File {
 public:
  File(const std::string& path, int flags) : path_(path), fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  Status opened() const {
    if (fd_ >= 0) return {};
    return failed("cannot open " + path_, errno);
  }
  Result<std::size_t> read(MutableBytes out) const {
    while (true) {
      const auto got = ::read(fd_, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return failed("cannot read " + path_, errno);
    }
  }
  Status write(ByteView bytes) const {
    while (!bytes.empty()) {
      const auto put = ::write(fd_, bytes.data(), bytes.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("cannot write " + path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
  }

 private:
  const std::string path_;
  const int fd_;
};

std::unexpected<Error> changed(const std::string& path) {
  return fail(Errc::kConflict, path + " was changed while it was read");
}

Result<std::string> digest_of(const std::string& path, const ScannedEntry& entry, const std::stop_token& stop) {
  const File file(path, O_RDONLY | O_NOFOLLOW);
  OBJSTORE_TRY(file.opened());
  Digest digest(DigestKind::kSha256);
  std::vector<std::byte> block(kBlockBytes);
  std::uint64_t size = 0;
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_ASSIGN(const std::size_t got, file.read(block));
    if (got == 0) break;
    digest.update(ByteView(block).first(got));
    size += got;
  }
  if (size != entry.size) return changed(path);
  return to_hex(as_bytes(digest.finish()));
}

}  // namespace

Result<std::vector<ManifestEntry>> describe_tree(const std::string& directory, const std::stop_token& stop) {
  OBJSTORE_ASSIGN(ScannedTree tree, scan_tree(directory, {"."}, stop));
  std::map<std::string, std::size_t> places;  // of what hard links point to
  std::vector<ManifestEntry> out;
  for (ScannedEntry& entry : tree.entries) {
    ManifestEntry described{.entry = std::move(entry)};
    if (described.entry.kind == EntryKind::kHardlink) {
      const ManifestEntry& first = out[places.at(described.entry.target)];
      described.sha256 = first.sha256;
      described.entry.size = first.entry.size;
      described.entry.kind = EntryKind::kFile;
      described.entry.target.clear();
    } else if (described.entry.kind == EntryKind::kFile) {
      OBJSTORE_ASSIGN(described.sha256, digest_of(directory + "/" + described.entry.path, described.entry, stop));
      places.emplace(described.entry.path, out.size());
    }
    out.push_back(std::move(described));
  }
  return out;
}

// The digest is compared before the last bytes are given out: an object is never stored under a digest that is not its
// own.
Status put_verified(Client& client, const ObjectName& to, const std::string& path, const ManifestEntry& entry,
                    const std::stop_token& stop) {
  const File file(path, O_RDONLY | O_NOFOLLOW);
  OBJSTORE_TRY(file.opened());
  Digest digest(DigestKind::kSha256);
  bool ended = false;
  const auto read = [&](std::span<std::byte> out) -> Result<std::size_t> {
    if (ended) return 0;
    OBJSTORE_ASSIGN(const std::size_t got, file.read(out));
    digest.update(ByteView(out).first(got));
    ended = got == 0;
    if (ended && to_hex(as_bytes(digest.finish())) != entry.sha256) return changed(path);
    return got;
  };
  const auto put = client.put_stream(to, read, {.if_absent = true, .control = {.stop = stop}});
  // Somebody else has stored the same content meanwhile.
  if (!put && put.error().code != Errc::kPreconditionFailed) return std::unexpected(put.error());
  return {};
}

Result<std::unique_ptr<FreshDirectory>> FreshDirectory::beside(const std::string& directory) {
  std::string path = directory;
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  std::error_code ec;
  const auto status = fs::symlink_status(path, ec);
  if (fs::exists(status) && !fs::is_directory(status)) {
    return fail(Errc::kConflict, path + " is there and no directory");
  }
  const fs::path absolute = fs::absolute(path, ec);
  std::string work = (absolute.parent_path() / ("." + absolute.filename().string() + ".objcli-XXXXXX")).string();
  if (::mkdtemp(work.data()) == nullptr) return failed("cannot make a directory beside " + path, errno);
  std::unique_ptr<FreshDirectory> out(new FreshDirectory(absolute.string(), work));
  if (::mkdir((work + "/files").c_str(), 0700) != 0 || ::mkdir(out->tree().c_str(), 0777) != 0) {
    return failed("cannot make a directory beside " + path, errno);
  }
  return out;
}

FreshDirectory::~FreshDirectory() {
  // Directories without write permission keep what is in them.
  std::error_code ignored;
  for (fs::recursive_directory_iterator it(work_, ignored), end; !ignored && it != end; it.increment(ignored)) {
    if (it->is_directory(ignored) && !it->is_symlink(ignored)) {
      fs::permissions(it->path(), fs::perms::owner_all, fs::perm_options::add, ignored);
    }
  }
  fs::remove_all(work_, ignored);
}

Status FreshDirectory::fetch(Client& client, const ObjectName& from, const ManifestEntry& entry,
                             const std::stop_token& stop) {
  const File file(heap(entry.sha256), O_WRONLY | O_CREAT | O_EXCL);
  OBJSTORE_TRY(file.opened());
  Digest digest(DigestKind::kSha256);
  const auto write = [&](ByteView bytes) -> Status {
    digest.update(bytes);
    return file.write(bytes);
  };
  OBJSTORE_TRY(client.get(from, write, {.control = {.stop = stop}}));
  if (to_hex(as_bytes(digest.finish())) == entry.sha256) return {};
  return fail(Errc::kDigestMismatch, "the content of " + entry.entry.path + " is not what the manifest says");
}

Status FreshDirectory::arrange(const std::vector<ManifestEntry>& entries) {
  OBJSTORE_ASSIGN(const auto tree_writer, TreeExtractor::open(tree()));
  std::vector<std::byte> block(kBlockBytes);
  for (const auto& [entry, sha256] : entries) {
    const EntryTimes times{entry.mtime_s, entry.mtime_ns};
    if (entry.kind == EntryKind::kDirectory) {
      OBJSTORE_TRY(tree_writer->make_directory(entry.path, entry.mode, times));
      continue;
    }
    if (entry.kind == EntryKind::kSymlink) {
      OBJSTORE_TRY(tree_writer->make_symlink(entry.path, entry.target, times));
      continue;
    }
    const File content(heap(sha256), O_RDONLY);
    OBJSTORE_TRY(content.opened());
    OBJSTORE_TRY(tree_writer->begin_file(entry.path, entry.mode, times));
    std::uint64_t size = 0;
    while (true) {
      OBJSTORE_ASSIGN(const std::size_t got, content.read(block));
      if (got == 0) break;
      OBJSTORE_TRY(tree_writer->write_at(size, ByteView(block).first(got)));
      size += got;
    }
    OBJSTORE_TRY(tree_writer->end_file(size));
  }
  return tree_writer->finish();
}

Status FreshDirectory::replace() {
  if (::renameat2(AT_FDCWD, tree().c_str(), AT_FDCWD, directory_.c_str(), RENAME_EXCHANGE) == 0) return {};
  if (errno == ENOENT) {
    if (::rename(tree().c_str(), directory_.c_str()) == 0) return {};
    return failed("cannot make " + directory_, errno);
  }
  if (errno == EINVAL || errno == ENOSYS) {
    return fail(Errc::kUnsupported, "this file system cannot exchange two directories at once: pull into a new one");
  }
  return failed("cannot replace " + directory_, errno);
}

}  // namespace objstore::client
