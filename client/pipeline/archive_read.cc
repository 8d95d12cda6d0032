#include "client/pipeline/archive_read.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <string>

namespace objstore::client {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{256} << 10;

struct ArchiveFree {
  void operator()(struct archive* a) const { archive_read_free(a); }
};

std::unexpected<Error> unreadable(struct archive* a) {
  const char* why = archive_error_string(a);
  return fail(Errc::kMalformed, std::string("the archive cannot be read: ") + (why == nullptr ? "unknown error" : why));
}

Result<std::uint64_t> copy_contents(struct archive* a, TreeExtractor& to, const std::stop_token& stop) {
  std::uint64_t end = 0;
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const int status = archive_read_data_block(a, &block, &size, &offset);
    if (status == ARCHIVE_EOF) return end;
    if (status != ARCHIVE_OK) return unreadable(a);
    OBJSTORE_TRY(to.write_at(static_cast<std::uint64_t>(offset), {static_cast<const std::byte*>(block), size}));
    end = static_cast<std::uint64_t>(offset) + size;
  }
}

Status extract(struct archive* a, struct archive_entry* entry, TreeExtractor& to, Unpacked& done,
               const std::stop_token& stop) {
  const char* name = archive_entry_pathname(entry);
  // What the locale cannot say is still known in UTF-8.
  if (name == nullptr) name = archive_entry_pathname_utf8(entry);
  if (name == nullptr) return fail(Errc::kMalformed, "the archive has an entry without a name");
  const std::string path = name;
  const std::uint32_t mode = archive_entry_perm(entry);
  const EntryTimes times{archive_entry_mtime(entry), archive_entry_mtime_nsec(entry)};
  if (const char* target = archive_entry_hardlink(entry); target != nullptr) return to.make_hardlink(path, target);
  switch (archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return to.make_directory(path, mode, times);
    case AE_IFLNK: {
      const char* target = archive_entry_symlink(entry);
      if (target == nullptr) return fail(Errc::kMalformed, "the archive has a link without a target: " + path);
      return to.make_symlink(path, target, times);
    }
    case AE_IFREG: {
      OBJSTORE_TRY(to.begin_file(path, mode, times));
      OBJSTORE_ASSIGN(std::uint64_t size, copy_contents(a, to, stop));
      // A sparse file's end may be a hole.
      if (const auto said = archive_entry_size(entry); said > 0)
        size = std::max(size, static_cast<std::uint64_t>(said));
      OBJSTORE_TRY(to.end_file(size));
      ++done.files;
      done.bytes += size;
      return {};
    }
    default:
      return fail(Errc::kMalformed, "the archive has a device, pipe or socket: " + path);
  }
}

}  // namespace

Result<Unpacked> read_archive(int fd, TreeExtractor& to, const std::stop_token& stop) {
  const std::unique_ptr<struct archive, ArchiveFree> reader(archive_read_new());
  struct archive* a = reader.get();
  archive_read_support_filter_zstd(a);
  archive_read_support_format_tar(a);
  if (archive_read_open_fd(a, fd, kBlockBytes) != ARCHIVE_OK) return unreadable(a);
  Unpacked done;
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    struct archive_entry* entry = nullptr;
    const int status = archive_read_next_header(a, &entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) return unreadable(a);
    OBJSTORE_TRY(extract(a, entry, to, done, stop));
  }
  OBJSTORE_TRY(to.finish());
  return done;
}

}  // namespace objstore::client
