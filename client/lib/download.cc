#include "client/lib/download.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "client/lib/meter.h"
#include "client/lib/object_info.h"

namespace objstore::client {
namespace {

// One GetObject with all its attempts.
class Download {
 public:
  Download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write, const GetOptions& options)
      : caller_(caller), from_(from), write_(write), options_(options) {}
  // opened: the answer to the first request.
  Result<ObjectInfo> run(std::unique_ptr<Incoming> opened);

 private:
  Status begin(const HttpResponseHead& head);
  // The body until its end. broken: the connection's error, if that was it.
  Status receive(Incoming& incoming, std::optional<Error>& broken);
  Status go_on(std::optional<Error>& broken);
  Result<ObjectInfo> finish();
  std::uint64_t first() const { return options_.range ? options_.range->first : 0; }

  const S3Caller& caller_;
  const ObjectName& from_;
  const WriteCallback& write_;
  const GetOptions& options_;
  std::vector<std::byte> block_;
  ObjectInfo info_;
  std::optional<ExpectedChecksum> expected_;
  std::optional<wire::Checksum> checksum_;
  std::optional<Meter> meter_;
  std::optional<Meter::Part> part_;
  std::uint64_t received_ = 0;
};

Status Download::begin(const HttpResponseHead& head) {
  if (!head.content_length) return fail(Errc::kMalformed, "the server does not say how long the object is");
  if (options_.range && head.status != 206) return fail(Errc::kUnsupported, "the server does not serve ranges");
  info_ = read_object_info(head);
  if (!options_.range) expected_ = expected_checksum(head);
  if (expected_) checksum_.emplace(expected_->algorithm);
  block_.resize(static_cast<std::size_t>(std::clamp<std::uint64_t>(info_.size, 1, kReceiveBlockBytes)));
  meter_.emplace(options_.control.progress, info_.size);
  part_.emplace(*meter_);
  return {};
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

Status Download::go_on(std::optional<Error>& broken) {
  std::optional<std::uint64_t> last;
  if (options_.range) last = options_.range->last;
  const std::uint64_t position = first() + received_;
  const GetOptions rest{.range = ByteRange{position, last},
                        .if_match = info_.etag,
                        .version_id = options_.version_id,
                        .control = {.progress = {}, .stop = options_.control.stop}};
  auto incoming = caller_.open(object_request("GET", from_, rest));
  if (!incoming && incoming.error().code == Errc::kPreconditionFailed) {
    return fail(Errc::kConflict, "the object was replaced while it was read");
  }
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  const HttpResponseHead& head = (*incoming)->head();
  const auto range = head.headers.find("content-range");
  if (head.status != 206 || !range || !range->starts_with("bytes " + std::to_string(position) + "-")) {
    return fail(Errc::kUnreachable, "the transfer broke off and the server does not let it continue");
  }
  return receive(**incoming, broken);
}

Result<ObjectInfo> Download::finish() {
  if (received_ != info_.size) {
    return fail(Errc::kDigestMismatch,
                "the server sent " + std::to_string(received_) + " bytes of " + std::to_string(info_.size));
  }
  if (!expected_) return std::move(info_);
  OBJSTORE_TRY(compare_checksum(*expected_, checksum_->finish_base64()));
  info_.verified = true;
  return std::move(info_);
}

Result<ObjectInfo> Download::run(std::unique_ptr<Incoming> opened) {
  OBJSTORE_TRY(begin(opened->head()));
  std::optional<Error> broken;
  OBJSTORE_TRY(receive(*opened, broken));
  opened.reset();
  std::uint64_t counted_from = 0;
  for (unsigned failures = 0; broken && received_ != info_.size;) {
    if (received_ - counted_from >= kProgressBytesMin) failures = 0;
    counted_from = received_;
    // Without an ETag nothing says that the rest belongs to what is there already.
    if (++failures >= caller_.options().attempts_max || info_.etag.empty()) return std::unexpected(std::move(*broken));
    OBJSTORE_TRY(caller_.pause(failures, S3Failure(*broken), options_.control.stop));
    broken.reset();
    OBJSTORE_TRY(go_on(broken));
  }
  return finish();
}

}  // namespace

Result<ObjectInfo> download_opened(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                                   const GetOptions& options, std::unique_ptr<Incoming> opened) {
  return Download(caller, from, write, options).run(std::move(opened));
}

Result<ObjectInfo> download(const S3Caller& caller, const ObjectName& from, const WriteCallback& write,
                            const GetOptions& options) {
  auto incoming = caller.open(object_request("GET", from, options));
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  return download_opened(caller, from, write, options, std::move(*incoming));
}

}  // namespace objstore::client
