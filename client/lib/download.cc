#include "client/lib/download.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "client/lib/file_sink.h"
#include "client/lib/meter.h"
#include "client/lib/upload.h"
#include "common/wire/checksum.h"
#include "common/wire/time.h"

namespace objstore::client {
namespace {

constexpr std::size_t kReceiveBlockBytes = 256 * 1024;
// A connection that carried this much before it broke was worth making: the count of attempts begins anew.
constexpr std::uint64_t kProgressBytesMin = std::uint64_t{1} << 20;

std::string range_value(std::uint64_t first, const std::optional<std::uint64_t>& last) {
  return "bytes=" + std::to_string(first) + "-" + (last ? std::to_string(*last) : std::string());
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
  bool begun_ = false;
  ObjectInfo info_;
  std::optional<Expected> expected_;
  std::optional<wire::Checksum> checksum_;
  std::optional<Meter> meter_;
  std::optional<Meter::Part> part_;
  std::uint64_t received_ = 0;
};

S3Request Download::request() const {
  S3Request out{.bucket = from_.bucket.str(), .key = from_.key.str(), .stop = options_.control.stop};
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
  return {};
}

Status Download::resume(const HttpResponseHead& head) const {
  const auto range = head.headers.find("content-range");
  const std::string wanted = "bytes " + std::to_string(first() + received_) + "-";
  if (head.status == 206 && range && range->starts_with(wanted)) return {};
  return fail(Errc::kUnreachable, "the transfer broke off and the server does not let it continue");
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
  std::uint64_t counted_from = 0;
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

Result<ObjectInfo> head_object(const S3Caller& caller, const ObjectName& object, const GetOptions& options) {
  S3Request request{
      .method = "HEAD", .bucket = object.bucket.str(), .key = object.key.str(), .stop = options.control.stop};
  request.headers.set("x-amz-checksum-mode", "ENABLED");
  if (options.range) request.headers.set("Range", range_value(options.range->first, options.range->last));
  if (!options.if_match.empty()) request.headers.set("If-Match", options.if_match);
  if (!options.if_none_match.empty()) request.headers.set("If-None-Match", options.if_none_match);
  auto incoming = caller.open(request);
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  return read_object_info((*incoming)->head());
}

Result<ObjectInfo> download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                            const GetOptions& options) {
  return Download(caller, from, write, options).run();
}

Result<ObjectInfo> download_file(const S3Caller& caller, const ObjectName& from, const std::string& path,
                                 const GetOptions& options) {
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
  OBJSTORE_TRY(sink->commit(options.sync));
  return info;
}

}  // namespace objstore::client
