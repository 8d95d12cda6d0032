#include "client/lib/upload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "client/lib/meter.h"
#include "client/lib/multipart_upload.h"
#include "client/lib/part_plan.h"

namespace objstore::client {
namespace {

Result<PutResult> upload_parts(const UploadContext& context, const ObjectName& to, const Body& body,
                               const PutOptions& options, const std::function<Status()>& check) {
  OBJSTORE_ASSIGN(const std::uint64_t part_size,
                  part_size_for(body.size(), options.part_size == 0 ? context.options.part_size : options.part_size));
  Meter meter(options.control.progress, body.size());
  MultipartUpload upload(context, to, options, meter);
  OBJSTORE_TRY(upload.begin());
  for (std::uint64_t offset = 0; offset < body.size(); offset += part_size) {
    const std::uint64_t size = std::min(part_size, body.size() - offset);
    OBJSTORE_TRY(upload.add(std::make_unique<SliceBody>(body, offset, size)));
  }
  return upload.complete(check);
}

// Up to `size` bytes: fewer only at the end of the stream.
Result<std::vector<std::byte>> read_part(const ReadCallback& read, std::uint64_t size, const std::stop_token& stop) {
  std::vector<std::byte> part(static_cast<std::size_t>(size));
  std::size_t filled = 0;
  while (filled < part.size()) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_ASSIGN(const std::size_t got, read(std::span(part).subspan(filled)));
    if (got == 0) break;
    filled += got;
  }
  part.resize(filled);
  return part;
}

struct Descriptor {
  explicit Descriptor(int f) : fd(f) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
  int fd;
};

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  const Errc code = error == ENOENT ? Errc::kNotFound : error == EACCES ? Errc::kAccessDenied : Errc::kIo;
  return fail(code, "cannot read " + path + ": " + std::strerror(error));
}

bool same_file_state(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

Result<PutResult> upload_regular(const UploadContext& context, const ObjectName& to, const std::string& path, int fd,
                                 const struct stat& before, const PutOptions& options) {
  const auto unchanged = [&]() -> Status {
    struct stat now{};
    if (::fstat(fd, &now) == 0 && same_file_state(before, now)) return {};
    return fail(Errc::kConflict, path + " was changed while it was read");
  };
  const FileBody body(fd, 0, static_cast<std::uint64_t>(before.st_size));
  auto result = upload_body(context, to, body, options, unchanged);
  // What the server calls a wrong digest is then our doing, not the network's.
  if (!result && result.error().code == Errc::kDigestMismatch) OBJSTORE_TRY(unchanged());
  return result;
}

}  // namespace

Result<PutResult> upload_body(const UploadContext& context, const ObjectName& to, const Body& body,
                              const PutOptions& options, const std::function<Status()>& check) {
  if (body.size() >= context.options.multipart_threshold) return upload_parts(context, to, body, options, check);
  return put_single(context, to, body, options);
}

Result<PutResult> upload_stream(const UploadContext& context, const ObjectName& to, const ReadCallback& read,
                                const PutOptions& options) {
  const std::uint64_t first_size = std::max(context.options.multipart_threshold, context.options.part_size);
  const auto& stop = options.control.stop;
  OBJSTORE_ASSIGN(std::vector<std::byte> part, read_part(read, first_size, stop));
  if (part.size() < first_size) return put_single(context, to, MemoryBody(part), options);
  Meter meter(options.control.progress, std::nullopt);
  MultipartUpload upload(context, to, options, meter);
  OBJSTORE_TRY(upload.begin());
  for (std::uint64_t number = 1; !part.empty(); ++number) {
    OBJSTORE_TRY(upload.add(std::make_unique<OwnedBody>(std::move(part))));
    OBJSTORE_ASSIGN(part, read_part(read, stream_part_size(number + 1, context.options.part_size), stop));
  }
  return upload.complete({});
}

Result<PutResult> upload_file(const UploadContext& context, const ObjectName& to, const std::string& path,
                              const PutOptions& options) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return cannot_read(path, errno);
  struct stat state{};
  if (::fstat(file.fd, &state) != 0) return cannot_read(path, errno);
  if (S_ISDIR(state.st_mode)) return fail(Errc::kInvalidArgument, path + " is a directory");
  if (S_ISREG(state.st_mode)) return upload_regular(context, to, path, file.fd, state, options);
  const auto read = [&](std::span<std::byte> out) -> Result<std::size_t> {
    while (true) {
      const auto got = ::read(file.fd, out.data(), out.size());
      if (got >= 0) return static_cast<std::size_t>(got);
      if (errno != EINTR) return cannot_read(path, errno);
    }
  };
  return upload_stream(context, to, read, options);
}

}  // namespace objstore::client
