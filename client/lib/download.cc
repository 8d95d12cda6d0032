#include "client/lib/download.h"

#include <unistd.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "client/lib/file_sink.h"
#include "client/lib/meter.h"
#include "client/lib/multipart_upload.h"
#include "client/lib/upload.h"
#include "common/wire/checksum.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::size_t kReceiveBlockBytes = 256 * 1024;
// A connection that carried this much before it broke was worth making: the count of attempts begins anew.
constexpr std::uint64_t kProgressBytesMin = std::uint64_t{1} << 20;
// Smaller objects are sooner fetched again than found again.
constexpr std::uint64_t kKeepBytesMin = std::uint64_t{8} << 20;

std::string range_value(std::uint64_t first, const std::optional<std::uint64_t>& last) {
  return "bytes=" + std::to_string(first) + "-" + (last ? std::to_string(*last) : std::string());
}

std::string version_query(const GetOptions& options) {
  if (options.version_id.empty()) return {};
  return wire::QueryBuilder().add("versionId", options.version_id).str();
}

// The checksum that a whole body can be compared with.
struct Expected {
  wire::ChecksumAlgorithm algorithm;
  std::string base64;
};

std::optional<Expected> expected_checksum(const HttpResponseHead& head) {
  // A composed one ("...-N") is of the parts' checksums, and the parts' borders are not known here.
  if (const auto type = head.headers.find("x-amz-checksum-type"); type && *type == "COMPOSITE") return std::nullopt;
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    const auto value = head.headers.find(wire::checksum_header(algorithm));
    if (value && wire::decode_checksum(algorithm, *value)) return Expected{algorithm, std::string(*value)};
  }
  return std::nullopt;
}

// One GetObject with all its attempts.
class Download {
 public:
  Download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write, const GetOptions& options)
      : caller_(caller), from_(from), write_(write), options_(options) {}
  // Called when the object is known and before its first byte; may be empty.
  void on_begin(std::function<Status(const ObjectInfo&)> begun) { on_begin_ = std::move(begun); }
  // Starts behind what an earlier call has received. head: of a HEAD of the object.
  Status start_behind(const HttpResponseHead& head, const FileSink& kept);
  Result<ObjectInfo> run();

 private:
  S3Request request() const;
  Status begin(const HttpResponseHead& head);
  Status resume(const HttpResponseHead& head) const;
  // The body until its end. broken: the connection's error, if that was it.
  Status receive(Incoming& incoming, std::optional<Error>& broken);
  Status attempt(std::optional<Error>& broken);
  Result<ObjectInfo> finish();
  std::uint64_t first() const { return options_.range ? options_.range->first : 0; }

  const S3Caller& caller_;
  const ObjectName& from_;
  const WriteCallback& write_;
  const GetOptions& options_;
  std::vector<std::byte> block_ = std::vector<std::byte>(kReceiveBlockBytes);
  std::function<Status(const ObjectInfo&)> on_begin_;
  bool begun_ = false;
  ObjectInfo info_;
  std::optional<Expected> expected_;
  std::optional<wire::Checksum> checksum_;
  std::optional<Meter> meter_;
  std::optional<Meter::Part> part_;
  std::uint64_t received_ = 0;
};

S3Request Download::request() const {
  S3Request out{.bucket = from_.bucket.str(),
                .key = from_.key.str(),
                .query = version_query(options_),
                .stop = options_.control.stop};
  out.headers.set("x-amz-checksum-mode", "ENABLED");
  if (begun_) {
    out.headers.set("If-Match", info_.etag);
    std::optional<std::uint64_t> last;
    if (options_.range) last = options_.range->last;
    out.headers.set("Range", range_value(first() + received_, last));
    return out;
  }
  if (options_.range) out.headers.set("Range", range_value(options_.range->first, options_.range->last));
  if (!options_.if_match.empty()) out.headers.set("If-Match", options_.if_match);
  if (!options_.if_none_match.empty()) out.headers.set("If-None-Match", options_.if_none_match);
  return out;
}

Status Download::begin(const HttpResponseHead& head) {
  if (!head.content_length) return fail(Errc::kMalformed, "the server does not say how long the object is");
  if (options_.range && head.status != 206) return fail(Errc::kUnsupported, "the server does not serve ranges");
  info_ = read_object_info(head);
  if (!options_.range) expected_ = expected_checksum(head);
  if (expected_) checksum_.emplace(expected_->algorithm);
  meter_.emplace(options_.control.progress, info_.size);
  part_.emplace(*meter_);
  begun_ = true;
  return on_begin_ ? on_begin_(info_) : Status{};
}

Status Download::start_behind(const HttpResponseHead& head, const FileSink& kept) {
  OBJSTORE_TRY(begin(head));
  OBJSTORE_TRY(kept.read_kept([&](ByteView bytes) {
    if (checksum_) checksum_->update(bytes);
  }));
  received_ = kept.kept_size();
  info_.resumed = received_;
  part_->set(received_);
  return {};
}

Status Download::resume(const HttpResponseHead& head) const {
  const auto range = head.headers.find("content-range");
  const std::string wanted = "bytes " + std::to_string(first() + received_) + "-";
  if (head.status == 206 && range && range->starts_with(wanted)) return {};
  // Behind an earlier call's bytes that is for good: with another code they go, and the next call begins anew.
  const bool first_request = info_.resumed > 0 && received_ == info_.resumed;
  return fail(first_request ? Errc::kUnsupported : Errc::kUnreachable,
              "the transfer broke off and the server does not let it continue");
}

Status Download::receive(Incoming& incoming, std::optional<Error>& broken) {
  while (true) {
    auto got = incoming.read(block_);
    if (!got) {
      if (got.error().code == Errc::kCancelled) return std::unexpected(std::move(got.error()));
      broken = std::move(got.error());
      return {};
    }
    if (*got == 0) return {};
    const ByteView bytes = ByteView(block_).first(*got);
    received_ += bytes.size();
    if (received_ > info_.size) return fail(Errc::kDigestMismatch, "the server sent more than it announced");
    if (checksum_) checksum_->update(bytes);
    OBJSTORE_TRY(write_(bytes));
    part_->set(received_);
  }
}

Status Download::attempt(std::optional<Error>& broken) {
  auto incoming = caller_.open(request());
  if (!incoming) {
    if (begun_ && incoming.error().code == Errc::kPreconditionFailed) {
      return fail(Errc::kConflict, "the object was replaced while it was read");
    }
    return std::unexpected<Error>(std::move(incoming.error()));
  }
  OBJSTORE_TRY(begun_ ? resume((*incoming)->head()) : begin((*incoming)->head()));
  return receive(**incoming, broken);
}

Result<ObjectInfo> Download::finish() {
  if (received_ != info_.size) {
    return fail(Errc::kDigestMismatch,
                "the server sent " + std::to_string(received_) + " bytes of " + std::to_string(info_.size));
  }
  if (!expected_) return std::move(info_);
  const std::string actual = checksum_->finish_base64();
  if (actual != expected_->base64) {
    return fail(Errc::kDigestMismatch,
                "what arrived is not what the server keeps: " + std::string(wire::checksum_name(expected_->algorithm)) +
                    " " + actual + " instead of " + expected_->base64);
  }
  info_.verified = true;
  return std::move(info_);
}

Result<ObjectInfo> Download::run() {
  if (begun_ && received_ == info_.size) return finish();
  std::uint64_t counted_from = received_;
  for (unsigned failures = 0;;) {
    std::optional<Error> broken;
    OBJSTORE_TRY(attempt(broken));
    if (!broken) return finish();
    if (received_ - counted_from >= kProgressBytesMin) failures = 0;
    counted_from = received_;
    // Without an ETag nothing says that the rest belongs to what is there already.
    if (++failures >= caller_.options().attempts_max || info_.etag.empty()) return std::unexpected(std::move(*broken));
    if (received_ == info_.size) return finish();
    OBJSTORE_TRY(caller_.pause(failures, S3Failure(*broken), options_.control.stop));
  }
}

}  // namespace

ObjectInfo read_object_info(const HttpResponseHead& head) {
  const auto text = [&](std::string_view name) { return std::string(head.headers.find(name).value_or("")); };
  ObjectInfo info;
  info.size = head.content_length.value_or(0);
  info.etag = text("etag");
  info.content_type = text("content-type");
  info.cache_control = text("cache-control");
  info.content_encoding = text("content-encoding");
  info.content_disposition = text("content-disposition");
  info.storage_class = text("x-amz-storage-class");
  info.version_id = text("x-amz-version-id");
  info.last_modified_ms = wire::parse_http_date(text("last-modified"), SystemClock().now_ms()).value_or(0);
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    if (const auto value = head.headers.find(wire::checksum_header(algorithm))) {
      info.checksum = checksum_text(algorithm, *value);
    }
  }
  constexpr std::string_view kMetadataPrefix = "x-amz-meta-";
  for (const auto& header : head.headers) {
    const std::string name = to_lower(header.name);
    if (name.starts_with(kMetadataPrefix)) info.metadata[name.substr(kMetadataPrefix.size())] = header.value;
  }
  return info;
}

namespace {

Result<HttpResponseHead> head_of(const S3Caller& caller, const ObjectName& object, const GetOptions& options) {
  S3Request request{.method = "HEAD",
                    .bucket = object.bucket.str(),
                    .key = object.key.str(),
                    .query = version_query(options),
                    .stop = options.control.stop};
  request.headers.set("x-amz-checksum-mode", "ENABLED");
  if (options.range) request.headers.set("Range", range_value(options.range->first, options.range->last));
  if (!options.if_match.empty()) request.headers.set("If-Match", options.if_match);
  if (!options.if_none_match.empty()) request.headers.set("If-None-Match", options.if_none_match);
  auto incoming = caller.open(request);
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  return (*incoming)->head();
}

// A get_file() that leaves what it has when it is interrupted, and goes on from what an earlier one has left.
class ResumableDownload {
 public:
  ResumableDownload(const S3Caller& caller, const ObjectName& from, const std::string& path, const GetOptions& options)
      : caller_(caller),
        from_(from),
        path_(path),
        options_(options),
        object_(caller.options().endpoint.url() + "\n" + from.bucket.str() + "\n" + from.key.str() + "\n" +
                options.version_id) {}
  Result<ObjectInfo> run();

 private:
  Status open(const ObjectInfo& info);
  Status take_up(Download& download);
  Result<ObjectInfo> receive(Download& download);

  const S3Caller& caller_;
  const ObjectName& from_;
  const std::string& path_;
  const GetOptions& options_;
  const std::string object_;
  std::unique_ptr<FileSink> sink_;
};

Status ResumableDownload::open(const ObjectInfo& info) {
  if (sink_) return {};
  if (!info.etag.empty() && info.size >= kKeepBytesMin) {
    OBJSTORE_ASSIGN(sink_, FileSink::open_kept(path_, FileSink::kept_name(path_, object_, info.etag)));
    // Left by somebody who ended between our look and now; begin() has fixed that all of it will be received.
    if (sink_ && sink_->kept_size() > 0) sink_.reset();
  }
  if (!sink_) {
    OBJSTORE_ASSIGN(sink_, FileSink::open(path_));
  }
  return {};
}

// Whether there is something of the object as it is now; what is of another state of it goes.
Status ResumableDownload::take_up(Download& download) {
  const auto kept = FileSink::find_kept(path_, object_);
  if (kept.empty()) return {};
  OBJSTORE_ASSIGN(const HttpResponseHead head, head_of(caller_, from_, options_));
  const ObjectInfo info = read_object_info(head);
  const std::string name = FileSink::kept_name(path_, object_, info.etag);
  for (const auto& file : kept) {
    if (!file.ends_with("/" + name)) ::unlink(file.c_str());
  }
  if (info.etag.empty() || std::ranges::none_of(kept, [&](const auto& file) { return file.ends_with("/" + name); })) {
    return {};
  }
  OBJSTORE_ASSIGN(auto sink, FileSink::open_kept(path_, name));
  if (!sink || sink->kept_size() == 0 || sink->kept_size() > info.size) return {};
  sink_ = std::move(sink);
  return download.start_behind(head, *sink_);
}

Result<ObjectInfo> ResumableDownload::receive(Download& download) {
  OBJSTORE_TRY(take_up(download));
  OBJSTORE_ASSIGN(ObjectInfo info, download.run());
  if (options_.modified_ms != 0) OBJSTORE_TRY(sink_->set_time(options_.modified_ms));
  OBJSTORE_TRY(sink_->commit(options_.sync));
  return info;
}

Result<ObjectInfo> ResumableDownload::run() {
  const WriteCallback write = [&](ByteView bytes) { return sink_->write(bytes); };
  Download download(caller_, from_, write, options_);
  download.on_begin([&](const ObjectInfo& info) { return open(info); });
  auto info = receive(download);
  if (!info && sink_ && is_interruption(info.error().code)) sink_->keep();
  return info;
}

}  // namespace

Result<ObjectInfo> head_object(const S3Caller& caller, const ObjectName& object, const GetOptions& options) {
  OBJSTORE_ASSIGN(const HttpResponseHead head, head_of(caller, object, options));
  return read_object_info(head);
}

Result<ObjectInfo> download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                            const GetOptions& options) {
  return Download(caller, from, write, options).run();
}

Result<ObjectInfo> download_file(const S3Caller& caller, const ObjectName& from, const std::string& path,
                                 const GetOptions& options) {
  if (options.resume && !options.range) return ResumableDownload(caller, from, path, options).run();
  std::unique_ptr<FileSink> sink;
  // Made when the first byte is there: a refusal leaves no trace in the directory, and needs no write access to be
  // told.
  const auto write = [&](ByteView bytes) -> Status {
    if (!sink) {
      OBJSTORE_ASSIGN(sink, FileSink::open(path));
    }
    return sink->write(bytes);
  };
  OBJSTORE_ASSIGN(ObjectInfo info, download(caller, from, write, options));
  if (!sink) {
    OBJSTORE_ASSIGN(sink, FileSink::open(path));
  }
  if (options.modified_ms != 0) OBJSTORE_TRY(sink->set_time(options.modified_ms));
  OBJSTORE_TRY(sink->commit(options.sync));
  return info;
}

}  // namespace objstore::client
