#include "client/lib/upload.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "client/lib/descriptor.h"
#include "client/lib/meter.h"
#include "client/lib/multipart_upload.h"
#include "client/lib/part_plan.h"
#include "client/lib/upload_state.h"
#include "common/base/digest.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

std::uint64_t wanted_part_size(const UploadContext& context, const PutOptions& options, std::uint64_t total) {
  if (options.part_size != 0) return options.part_size;
  return context.options.part_size != 0 ? context.options.part_size : default_part_size(total);
}

Result<PutResult> send_parts(MultipartUpload& upload, const Body& body, std::uint64_t part_size,
                             const std::function<Status()>& check) {
  for (std::uint64_t offset = 0; offset < body.size(); offset += part_size) {
    const std::uint64_t size = std::min(part_size, body.size() - offset);
    OBJSTORE_TRY(upload.add(std::make_unique<SliceBody>(body, offset, size)));
  }
  return upload.complete(check);
}

Result<PutResult> upload_parts(const UploadContext& context, const ObjectName& to, const Body& body,
                               const PutOptions& options, const std::function<Status()>& check) {
  OBJSTORE_ASSIGN(const std::uint64_t part_size,
                  part_size_for(body.size(), wanted_part_size(context, options, body.size())));
  Meter meter(options.control.progress, body.size());
  MultipartUpload upload(context, to, options, meter);
  OBJSTORE_TRY(upload.begin());
  return send_parts(upload, body, part_size, check);
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

std::unexpected<Error> cannot_read(const std::string& path, int error) {
  const Errc code = error == ENOENT ? Errc::kNotFound : error == EACCES ? Errc::kAccessDenied : Errc::kIo;
  return fail(code, "cannot read " + path + ": " + std::strerror(error));
}

bool same_file_state(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

std::string digest_text(const std::string& text) {
  return to_hex(sha256(as_bytes(text)));
}

// An upload that remembers itself in a file.
class ResumableUpload {
 public:
  ResumableUpload(const UploadContext& context, const ObjectName& to, const Body& body, const PutOptions& options,
                  UploadStateFile& file)
      : context_(context), to_(to), body_(body), options_(options), file_(file) {}
  Result<PutResult> run(const struct stat& state, const std::function<Status()>& check);

 private:
  UploadState wanted(const struct stat& state) const;
  // Goes on with what the file remembers if it is the same upload; otherwise begins one, and gives up the other.
  Status begin(MultipartUpload& upload, UploadState& wanted);
  void give_up(const std::string& upload_id) const;

  const UploadContext& context_;
  const ObjectName& to_;
  const Body& body_;
  const PutOptions& options_;
  UploadStateFile& file_;
};

UploadState ResumableUpload::wanted(const struct stat& state) const {
  UploadState out;
  const std::string target = context_.caller.options().endpoint.url() + "\n" + to_.bucket.str() + "\n" + to_.key.str();
  // The headers were fixed when the upload was begun: with others it is another upload.
  std::string identity = target + "\n" + std::to_string(state.st_size) + " " + std::to_string(state.st_mtim.tv_sec) +
                         "." + std::to_string(state.st_mtim.tv_nsec);
  for (const auto& header : object_headers(options_)) identity += "\n" + header.name + ": " + header.value;
  out.target = digest_text(target);
  out.identity = digest_text(identity);
  return out;
}

void ResumableUpload::give_up(const std::string& upload_id) const {
  const S3Request request{.method = "DELETE",
                          .bucket = to_.bucket.str(),
                          .key = to_.key.str(),
                          .query = wire::QueryBuilder().add("uploadId", upload_id).str()};
  (void)context_.caller.call(request);  // else the server's expiry of uploads takes it
}

Status ResumableUpload::begin(MultipartUpload& upload, UploadState& wanted) {
  if (const auto known = file_.read(); known && known->target == wanted.target) {
    if (known->identity == wanted.identity) {
      const Status adopted = upload.adopt(known->upload_id, known->algorithm);
      if (adopted) {
        wanted.part_size = known->part_size;
        return {};
      }
      if (is_interruption(adopted.error().code)) return adopted;
    }
    give_up(known->upload_id);
  }
  OBJSTORE_ASSIGN(wanted.part_size, part_size_for(body_.size(), wanted_part_size(context_, options_, body_.size())));
  OBJSTORE_TRY(upload.begin());
  wanted.upload_id = upload.upload_id();
  wanted.algorithm = upload.algorithm();
  return file_.write(wanted);
}

Result<PutResult> ResumableUpload::run(const struct stat& state, const std::function<Status()>& check) {
  Meter meter(options_.control.progress, body_.size());
  MultipartUpload upload(context_, to_, options_, meter);
  UploadState wanted = this->wanted(state);
  OBJSTORE_TRY(begin(upload, wanted));
  upload.keep_if_interrupted();
  auto result = send_parts(upload, body_, wanted.part_size, check);
  if (result || !upload.kept()) file_.remove();
  return result;
}

Result<PutResult> upload_regular(const UploadContext& context, const ObjectName& to, const std::string& path, int fd,
                                 const struct stat& before, const PutOptions& options) {
  const auto unchanged = [&]() -> Status {
    struct stat now{};
    if (::fstat(fd, &now) == 0 && same_file_state(before, now)) return {};
    return fail(Errc::kConflict, path + " was changed while it was read");
  };
  const FileBody body(fd, 0, static_cast<std::uint64_t>(before.st_size));
  const auto state = options.resume_file.empty() || body.size() < context.options.multipart_threshold
                         ? nullptr
                         : UploadStateFile::open(options.resume_file);
  auto result = state ? ResumableUpload(context, to, body, options, *state).run(before, unchanged)
                      : upload_body(context, to, body, options, unchanged);
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
  const std::uint64_t part_size = wanted_part_size(context, options, 0);
  const std::uint64_t first_size = std::max(context.options.multipart_threshold, part_size);
  const auto& stop = options.control.stop;
  OBJSTORE_ASSIGN(std::vector<std::byte> part, read_part(read, first_size, stop));
  if (part.size() < first_size) return put_single(context, to, MemoryBody(part), options);
  Meter meter(options.control.progress, std::nullopt);
  MultipartUpload upload(context, to, options, meter);
  OBJSTORE_TRY(upload.begin());
  for (std::uint64_t number = 1; !part.empty(); ++number) {
    OBJSTORE_TRY(upload.add(std::make_unique<OwnedBody>(std::move(part))));
    OBJSTORE_ASSIGN(part, read_part(read, stream_part_size(number + 1, part_size), stop));
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
