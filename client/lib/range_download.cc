#include "client/lib/range_download.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

#include "client/lib/object_info.h"

namespace objstore::client {
namespace {

std::vector<SegmentState> states_of(const PartFile& file) {
  std::vector<SegmentState> out(file.segments(), SegmentState::kAbsent);
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (file.done(i) > 0) out[i] = file.complete(i) ? SegmentState::kTaken : SegmentState::kBegun;
  }
  return out;
}

}  // namespace

RangeDownload::RangeDownload(const DownloadContext& context, const ObjectName& from, const GetOptions& options,
                             const ObjectInfo& info, PartFile& file, unsigned streams)
    : context_(context),
      from_(from),
      options_(options),
      info_(info),
      file_(file),
      streams_(streams),
      meter_(options.control.progress, file.size()),
      stop_with_caller_(options.control.stop, [this] { stop_.request_stop(); }) {}

Status RangeDownload::run(std::unique_ptr<Incoming> front) {
  // The others begin behind the front's share of the file.
  const std::size_t from = front ? (file_.segments() + streams_ - 1) / streams_ : 0;
  queue_.emplace(states_of(file_), streams_, from);
  Meter::Part there(meter_);
  there.set(file_.total_done());
  // Before others can take it: the answer that is here already begins with it.
  if (front && !queue_->take_segment(0)) front.reset();
  const auto stream = [this](std::unique_ptr<Incoming> opened) {
    Status done = fetch_all(std::move(opened));
    if (done) return;
    const std::lock_guard lock(mutex_);
    if (!error_) error_ = std::move(done.error());
    stop_.request_stop();
  };
  {
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < streams_; ++i) others.emplace_back([&] { stream(nullptr); });
    stream(std::move(front));
  }
  const std::lock_guard lock(mutex_);
  if (error_) return std::unexpected(*error_);
  return {};
}

Status RangeDownload::fetch_all(std::unique_ptr<Incoming> front) {
  Meter::Part meter(meter_);
  std::vector<std::byte> block(kReceiveBlockBytes);
  if (front) OBJSTORE_TRY(read_front(std::move(front), meter, block));
  while (const auto run = queue_->take()) OBJSTORE_TRY(fetch(*run, meter, block));
  return {};
}

Status RangeDownload::read_front(std::unique_ptr<Incoming> front, Meter::Part& meter, std::vector<std::byte>& block) {
  std::size_t segment = 0;
  std::optional<Error> broken;
  do {
    const std::size_t present = segment;
    OBJSTORE_TRY(receive(*front, segment, segment + 1, meter, block, broken));
    if (!broken) continue;
    front.reset();
    return fetch({.first = present, .count = 1}, meter, block);
  } while (segment < file_.segments() && queue_->take_segment(segment));
  if (segment < file_.segments()) return {};
  OBJSTORE_ASSIGN(const std::size_t more, front->read(block));
  return more == 0 ? Status{} : fail(Errc::kDigestMismatch, "the server sent more than it announced");
}

Status RangeDownload::fetch(SegmentQueue::Run run, Meter::Part& meter, std::vector<std::byte>& block) {
  std::size_t segment = run.first;
  const std::size_t end = run.first + run.count;
  for (unsigned failures = 0; segment < end;) {
    const std::uint64_t before = file_.start(segment) + file_.done(segment);
    std::optional<Error> broken;
    {
      OBJSTORE_ASSIGN(const auto incoming, open(segment, end));
      OBJSTORE_TRY(receive(*incoming, segment, end, meter, block, broken));
    }
    if (!broken) break;
    if (segment == end || file_.start(segment) + file_.done(segment) - before >= kProgressBytesMin) failures = 0;
    if (++failures >= context_.caller.options().attempts_max) return std::unexpected(std::move(*broken));
    OBJSTORE_TRY(context_.caller.pause(failures, S3Failure(*broken), stop_.get_token()));
  }
  return {};
}

Result<std::unique_ptr<Incoming>> RangeDownload::open(std::size_t segment, std::size_t end) const {
  const std::uint64_t first = file_.start(segment) + file_.done(segment);
  const std::uint64_t last = file_.start(end - 1) + file_.length(end - 1) - 1;
  const GetOptions range{.range = ByteRange{first, last},
                         .if_match = info_.etag,
                         .version_id = options_.version_id,
                         .control = {.progress = {}, .stop = stop_.get_token()}};
  auto incoming = context_.caller.open(object_request("GET", from_, range));
  if (!incoming && incoming.error().code == Errc::kPreconditionFailed) {
    return fail(Errc::kConflict, "the object was replaced while it was read");
  }
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  const HttpResponseHead& head = (*incoming)->head();
  const std::string wanted =
      "bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" + std::to_string(file_.size());
  if (head.status != 206 || head.headers.find("content-range").value_or("") != wanted) {
    return fail(Errc::kUnsupported, "the server does not serve the ranges that it is asked for");
  }
  return std::move(*incoming);
}

Status RangeDownload::receive(Incoming& incoming, std::size_t& segment, std::size_t end, Meter::Part& meter,
                              std::vector<std::byte>& block, std::optional<Error>& broken) {
  while (segment < end) {
    if (stop_.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const std::uint64_t missing = file_.length(segment) - file_.done(segment);
    const auto piece = std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), missing)));
    auto got = incoming.read(piece);
    if (!got && got.error().code == Errc::kCancelled) return std::unexpected(std::move(got.error()));
    if (!got || *got == 0) {
      broken = got ? Error{Errc::kUnreachable, "the connection broke: less came than was announced"} : got.error();
      return {};
    }
    OBJSTORE_TRY(file_.write(segment, piece.first(*got)));
    meter.add(*got);
    if (file_.complete(segment)) ++segment;
  }
  return {};
}

}  // namespace objstore::client
