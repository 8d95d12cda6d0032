#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "client/lib/download.h"
#include "client/lib/file_sink.h"
#include "client/lib/multipart_upload.h"
#include "client/lib/object_info.h"
#include "client/lib/part_file.h"
#include "client/lib/range_download.h"

namespace objstore::client {
namespace {

// Below two segments there is nothing to do side by side, and fetching anew is as quick as finding what was left.
constexpr std::uint64_t kRangesBytesMin = 2 * PartFile::kSegmentBytes;

// Streams beyond the first, out of those that all downloads of a client share: many large files at once keep the link
// busy by themselves.
class MoreStreams {
 public:
  MoreStreams(std::atomic<int>& free, unsigned wanted) : free_(free) {
    int now = free_.load();
    do count_ = std::clamp(now, 0, static_cast<int>(wanted));
    while (!free_.compare_exchange_weak(now, now - count_));
  }
  ~MoreStreams() { free_ += count_; }
  MoreStreams(const MoreStreams&) = delete;
  MoreStreams& operator=(const MoreStreams&) = delete;
  unsigned count() const noexcept { return static_cast<unsigned>(count_); }

 private:
  std::atomic<int>& free_;
  int count_ = 0;
};

class FileDownload {
 public:
  FileDownload(const DownloadContext& context, const ObjectName& from, const std::string& path,
               const GetOptions& options)
      : context_(context),
        from_(from),
        path_(path),
        options_(options),
        object_(context.caller.options().endpoint.url() + "\n" + from.bucket.str() + "\n" + from.key.str() + "\n" +
                options.version_id) {}
  Result<ObjectInfo> run();

 private:
  // What an earlier call has left of the object as it is now, with the head of a HEAD; what is of another state of it
  // goes.
  Status take_up();
  Result<ObjectInfo> small(std::unique_ptr<Incoming> opened);
  Result<ObjectInfo> large(const HttpResponseHead& head, std::unique_ptr<Incoming> front);
  Result<std::unique_ptr<FileSink>> new_sink(const ObjectInfo& info) const;
  Status verify(const HttpResponseHead& head, const PartFile& file, ObjectInfo& info) const;

  const DownloadContext& context_;
  const ObjectName& from_;
  const std::string& path_;
  const GetOptions& options_;
  const std::string object_;
  std::unique_ptr<FileSink> kept_;
  HttpResponseHead head_;  // of kept_
};

Status FileDownload::take_up() {
  const auto kept = FileSink::find_kept(path_, object_);
  if (kept.empty()) return {};
  OBJSTORE_ASSIGN(head_, head_of(context_.caller, from_, options_));
  const ObjectInfo info = read_object_info(head_);
  const std::string name = FileSink::kept_name(path_, object_, info.etag);
  for (const auto& file : kept) {
    if (!file.ends_with("/" + name)) ::unlink(file.c_str());
  }
  const bool there = std::ranges::any_of(kept, [&](const auto& file) { return file.ends_with("/" + name); });
  if (!there || info.etag.empty() || info.size < kRangesBytesMin) return {};
  OBJSTORE_ASSIGN(kept_, FileSink::open_kept(path_, name));
  return {};
}

Result<std::unique_ptr<FileSink>> FileDownload::new_sink(const ObjectInfo& info) const {
  if (options_.resume) {
    OBJSTORE_ASSIGN(auto sink, FileSink::open_kept(path_, FileSink::kept_name(path_, object_, info.etag)));
    if (sink) return sink;
  }
  return FileSink::open(path_);
}

Result<ObjectInfo> FileDownload::small(std::unique_ptr<Incoming> opened) {
  OBJSTORE_ASSIGN(const auto sink, FileSink::open(path_));
  const auto write = [&](ByteView bytes) { return sink->write(bytes); };
  OBJSTORE_ASSIGN(ObjectInfo info, download_opened(context_.caller, from_, write, options_, std::move(opened)));
  if (options_.modified_ms != 0) OBJSTORE_TRY(sink->set_time(options_.modified_ms));
  OBJSTORE_TRY(sink->commit(options_.sync));
  return info;
}

Status FileDownload::verify(const HttpResponseHead& head, const PartFile& file, ObjectInfo& info) const {
  const auto expected = expected_checksum(head);
  if (!expected) return {};
  std::string actual;
  if (expected->algorithm == wire::ChecksumAlgorithm::kCrc64Nvme) {
    OBJSTORE_ASSIGN(actual, file.crc64nvme());
  } else {
    // The others cannot be put together from those of segments, or are too rare to be computed on the way.
    wire::Checksum checksum(expected->algorithm);
    OBJSTORE_TRY(file.read([&](ByteView bytes) { checksum.update(bytes); }, options_.control.stop));
    actual = checksum.finish_base64();
  }
  OBJSTORE_TRY(compare_checksum(*expected, actual));
  info.verified = true;
  return {};
}

Result<ObjectInfo> FileDownload::large(const HttpResponseHead& head, std::unique_ptr<Incoming> front) {
  ObjectInfo info = read_object_info(head);
  auto sink = std::move(kept_);
  if (!sink) {
    OBJSTORE_ASSIGN(sink, new_sink(info));
  }
  if (!sink->has_places()) {
    const auto write = [&](ByteView bytes) { return sink->write(bytes); };
    return download_opened(context_.caller, from_, write, options_, std::move(front));
  }
  OBJSTORE_ASSIGN(const auto file, PartFile::open(std::move(sink), info.size, options_.control.stop));
  info.resumed = file->total_done();
  if (info.resumed > 0) front.reset();
  const auto wanted = std::min<std::size_t>(context_.parallelism, file->segments()) - 1;
  const bool ranges = head.headers.find("accept-ranges").value_or("") == "bytes";
  const MoreStreams more(context_.more_free, ranges ? static_cast<unsigned>(wanted) : 0);
  auto done = RangeDownload(context_, from_, options_, info, *file, 1 + more.count()).run(std::move(front));
  if (!done) {
    if (is_interruption(done.error().code)) file->keep();
    return std::unexpected(std::move(done.error()));
  }
  OBJSTORE_TRY(verify(head, *file, info));
  OBJSTORE_TRY(file->commit(options_.sync, options_.modified_ms));
  return info;
}

Result<ObjectInfo> FileDownload::run() {
  if (options_.resume && !options_.range) OBJSTORE_TRY(take_up());
  if (kept_) return large(head_, nullptr);
  auto opened = context_.caller.open(object_request("GET", from_, options_));
  if (!opened) return std::unexpected<Error>(std::move(opened.error()));
  const HttpResponseHead head = (*opened)->head();
  const bool is_large = head.content_length.value_or(0) >= kRangesBytesMin && head.headers.contains("etag");
  return is_large && !options_.range ? large(head, std::move(*opened)) : small(std::move(*opened));
}

}  // namespace

Result<ObjectInfo> download_file(const DownloadContext& context, const ObjectName& from, const std::string& path,
                                 const GetOptions& options) {
  return FileDownload(context, from, path, options).run();
}

}  // namespace objstore::client
