#include "client/pipeline/archive_write.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "client/pipeline/archive_order.h"
#include "client/pipeline/frame_writer.h"

namespace objstore::client {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

struct ArchiveFree {
  void operator()(struct archive* a) const { archive_write_free(a); }
  void operator()(struct archive_entry* e) const { archive_entry_free(e); }
};

struct Descriptor {
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

// libarchive writes the headers; this puts the stream together and keeps the error that a callback cannot carry.
class ArchiveWriter {
 public:
  ArchiveWriter(const ArchiveOptions& options, const std::function<Status(ByteView)>& sink, const std::stop_token& stop)
      : options_(options), stop_(stop), frames_(options.level, sink), archive_(archive_write_new()) {}

  Status open();
  Status add(const ScannedEntry& entry);
  Status finish();

 private:
  static la_ssize_t on_write(struct archive*, void* self, const void* data, std::size_t size);
  void describe(const ScannedEntry& from, struct archive_entry* to) const;
  Status add_contents(const ScannedEntry& entry);
  Status explain(const std::string& what);

  const ArchiveOptions& options_;
  const std::stop_token& stop_;
  FrameWriter frames_;
  std::unique_ptr<struct archive, ArchiveFree> archive_;
  std::vector<char> block_ = std::vector<char>(kBlockBytes);
  std::optional<Error> error_;
};

la_ssize_t ArchiveWriter::on_write(struct archive* a, void* self, const void* data, std::size_t size) {
  auto& writer = *static_cast<ArchiveWriter*>(self);
  const Status written = writer.frames_.write({static_cast<const std::byte*>(data), size});
  if (written) return static_cast<la_ssize_t>(size);
  if (!writer.error_) writer.error_ = written.error();
  archive_set_error(a, EIO, "the archive is not taken");
  return -1;
}

Status ArchiveWriter::explain(const std::string& what) {
  if (error_) return std::unexpected(*error_);
  const char* why = archive_error_string(archive_.get());
  return fail(Errc::kIo, what + ": " + (why == nullptr ? "unknown error" : why));
}

Status ArchiveWriter::open() {
  struct archive* a = archive_.get();
  archive_write_set_format_pax(a);  // not the restricted one, which drops fractions of a second
  archive_write_add_filter_none(a);
  // Nothing is held back, so that what is written between two entries belongs to the first.
  archive_write_set_bytes_per_block(a, 0);
  if (archive_write_set_options(a, "hdrcharset=BINARY") != ARCHIVE_OK) return explain("cannot set up an archive");
  if (archive_write_open(a, this, nullptr, on_write, nullptr) != ARCHIVE_OK) return explain("cannot begin an archive");
  return {};
}

void ArchiveWriter::describe(const ScannedEntry& from, struct archive_entry* to) const {
  archive_entry_set_pathname(to, from.path.c_str());
  archive_entry_set_perm(to, from.mode);
  archive_entry_set_uid(to, 0);
  archive_entry_set_gid(to, 0);
  if (options_.stable_mtimes) {
    archive_entry_set_mtime(to, 0, 0);
  } else {
    archive_entry_set_mtime(to, from.mtime_s, static_cast<long>(from.mtime_ns));
  }
  switch (from.kind) {
    case EntryKind::kDirectory:
      archive_entry_set_filetype(to, AE_IFDIR);
      break;
    case EntryKind::kFile:
      archive_entry_set_filetype(to, AE_IFREG);
      archive_entry_set_size(to, static_cast<la_int64_t>(from.size));
      break;
    case EntryKind::kSymlink:
      archive_entry_set_filetype(to, AE_IFLNK);
      archive_entry_set_symlink(to, from.target.c_str());
      break;
    case EntryKind::kHardlink:
      archive_entry_set_filetype(to, AE_IFREG);
      archive_entry_set_size(to, 0);
      archive_entry_set_hardlink(to, from.target.c_str());
      break;
  }
}

Status ArchiveWriter::add(const ScannedEntry& entry) {
  if (stop_.stop_requested()) return fail(Errc::kCancelled, "stopped");
  using Coding = FrameWriter::Coding;
  OBJSTORE_TRY(frames_.boundary(entry.path, is_small(entry) ? Coding::kStored : Coding::kCompressed));
  const std::unique_ptr<struct archive_entry, ArchiveFree> header(archive_entry_new());
  describe(entry, header.get());
  if (archive_write_header(archive_.get(), header.get()) < ARCHIVE_WARN) return explain("cannot archive " + entry.path);
  if (entry.kind == EntryKind::kFile) OBJSTORE_TRY(add_contents(entry));
  if (archive_write_finish_entry(archive_.get()) < ARCHIVE_WARN) return explain("cannot archive " + entry.path);
  return {};
}

Status ArchiveWriter::add_contents(const ScannedEntry& entry) {
  const std::string path = options_.root + "/" + entry.path;
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (file.fd < 0) {
    const Errc code = errno == ENOENT ? Errc::kNotFound : errno == EACCES ? Errc::kAccessDenied : Errc::kIo;
    return fail(code, "cannot read " + path + ": " + std::strerror(errno));
  }
  std::uint64_t done = 0;
  while (true) {
    if (stop_.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const auto got = ::read(file.fd, block_.data(), block_.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(Errc::kIo, "cannot read " + path + ": " + std::strerror(errno));
    if (got == 0) break;
    done += static_cast<std::uint64_t>(got);
    if (done > entry.size) break;
    if (archive_write_data(archive_.get(), block_.data(), static_cast<std::size_t>(got)) != got)
      return explain("cannot archive " + path);
  }
  struct stat now{};
  const bool same = done == entry.size && ::fstat(file.fd, &now) == 0 && now.st_mtim.tv_sec == entry.mtime_s &&
                    now.st_mtim.tv_nsec == entry.mtime_ns;
  if (!same) return fail(Errc::kConflict, path + " was changed while it was read");
  return {};
}

Status ArchiveWriter::finish() {
  if (archive_write_close(archive_.get()) != ARCHIVE_OK) return explain("cannot end the archive");
  return frames_.finish();
}

}  // namespace

Status write_archive(const std::vector<ScannedEntry>& entries, const ArchiveOptions& options,
                     const std::function<Status(ByteView)>& sink, const std::stop_token& stop) {
  ArchiveWriter writer(options, sink, stop);
  OBJSTORE_TRY(writer.open());
  for (const ScannedEntry& entry : entries) OBJSTORE_TRY(writer.add(entry));
  return writer.finish();
}

}  // namespace objstore::client
