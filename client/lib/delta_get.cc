#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <future>
#include <optional>
#include <utility>

#include "client/lib/delta.h"
#include "client/lib/delta_signature.h"
#include "client/lib/descriptor.h"
#include "client/lib/download.h"
#include "client/lib/file_sink.h"
#include "client/lib/meter.h"
#include "common/wire/checksum.h"

namespace objstore::client {
namespace {

constexpr std::uint64_t kWorthPercent = 60;
constexpr std::uint64_t kGapBytesMax = std::uint64_t{16} << 10;   // fetched along rather than by a request less
constexpr std::uint64_t kFetchBytesMax = std::uint64_t{4} << 20;  // of one request
constexpr std::size_t kFetchesAhead = 8;

// A run of the object's bytes, in the old copy or to be fetched.
struct Piece {
  bool local = false;
  std::uint64_t offset = 0;        // in the object
  std::uint64_t local_offset = 0;  // in the old copy
  std::uint64_t length = 0;
};

void add_missing(std::vector<Piece>& pieces, std::uint64_t from, std::uint64_t to) {
  for (; from < to; from += std::min(kFetchBytesMax, to - from)) {
    pieces.push_back(
        {.local = false, .offset = from, .local_offset = 0, .length = std::min(kFetchBytesMax, to - from)});
  }
}

// The object in order, by the runs of the old copy that are part of it.
std::vector<Piece> arrange(std::vector<DeltaRun> runs, std::uint64_t object_size) {
  std::erase_if(runs, [](const DeltaRun& run) { return !run.copy; });
  std::ranges::sort(runs, {}, &DeltaRun::object_offset);
  std::vector<Piece> pieces;
  std::uint64_t done = 0;     // of the object, in pieces
  std::uint64_t missing = 0;  // where the bytes to be fetched begin; done is behind them
  const auto flush = [&](std::uint64_t to) {
    add_missing(pieces, missing, to);
    missing = done = to;
  };
  for (const DeltaRun& run : runs) {
    const std::uint64_t skip = run.object_offset < done ? done - run.object_offset : 0;
    if (skip >= run.length) continue;
    const std::uint64_t start = run.object_offset + skip;
    const std::uint64_t length = run.length - skip;
    const bool between = missing < start && length < kGapBytesMax && start + length < object_size;
    done = start + length;
    if (between) continue;  // goes along with what is missing around it
    add_missing(pieces, missing, start);
    pieces.push_back({.local = true, .offset = start, .local_offset = run.body_offset + skip, .length = length});
    missing = done;
  }
  flush(object_size);
  return pieces;
}

std::uint64_t missing_bytes(const std::vector<Piece>& pieces) {
  std::uint64_t bytes = 0;
  for (const Piece& piece : pieces) bytes += piece.local ? 0 : piece.length;
  return bytes;
}

std::unexpected<Error> no_delta(const char* why) {
  return fail(Errc::kUnsupported, why);
}

std::optional<std::pair<wire::ChecksumAlgorithm, std::string>> whole_checksum(const ObjectInfo& info) {
  const auto colon = info.checksum.find(':');
  if (colon == std::string::npos || info.checksum.contains('-')) return std::nullopt;
  const auto algorithm = wire::checksum_from_name(info.checksum.substr(0, colon));
  if (!algorithm) return std::nullopt;
  return std::pair(*algorithm, info.checksum.substr(colon + 1));
}

class DeltaGet {
 public:
  DeltaGet(const S3Caller& caller, const ObjectName& from, const GetOptions& options, const ObjectInfo& info)
      : caller_(caller), from_(from), options_(options), info_(info), meter_(options.control.progress, info.size) {}

  // Puts the pieces together into `sink`, and compares what came out with the object's checksum.
  Status assemble(const std::vector<Piece>& pieces, const Body& old_copy, FileSink& sink);

 private:
  using Fetch = std::future<Result<std::vector<std::byte>>>;
  Fetch begin_fetch(const Piece& piece) const;
  Status copy_local(const Piece& piece, const Body& old_copy, FileSink& sink);
  Status take(ByteView bytes, FileSink& sink);

  const S3Caller& caller_;
  const ObjectName& from_;
  const GetOptions& options_;
  const ObjectInfo& info_;
  Meter meter_;
  Meter::Part part_{meter_};
  std::optional<wire::Checksum> checksum_;
  std::uint64_t done_ = 0;
};

DeltaGet::Fetch DeltaGet::begin_fetch(const Piece& piece) const {
  return std::async(std::launch::async, [this, piece]() -> Result<std::vector<std::byte>> {
    std::vector<std::byte> out;
    out.reserve(static_cast<std::size_t>(piece.length));
    const GetOptions options{.range = ByteRange{piece.offset, piece.offset + piece.length - 1},
                             .if_match = info_.etag,
                             .version_id = options_.version_id,
                             .control = {.stop = options_.control.stop}};
    const auto write = [&](ByteView bytes) -> Status {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return {};
    };
    OBJSTORE_TRY(download(caller_, from_, write, options));
    if (out.size() != piece.length) return fail(Errc::kDigestMismatch, "the server sent another range");
    return out;
  });
}

Status DeltaGet::take(ByteView bytes, FileSink& sink) {
  checksum_->update(bytes);
  done_ += bytes.size();
  part_.set(done_);
  return sink.write(bytes);
}

Status DeltaGet::copy_local(const Piece& piece, const Body& old_copy, FileSink& sink) {
  std::vector<std::byte> block(std::min<std::size_t>(static_cast<std::size_t>(piece.length), std::size_t{1} << 20));
  for (std::uint64_t done = 0; done < piece.length;) {
    if (options_.control.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), piece.length - done));
    OBJSTORE_ASSIGN(const std::size_t got, old_copy.read_at(piece.local_offset + done, std::span(block).first(wanted)));
    if (got == 0) return no_delta("the old copy became shorter");
    OBJSTORE_TRY(take(ByteView(block).first(got), sink));
    done += got;
  }
  return {};
}

Status DeltaGet::assemble(const std::vector<Piece>& pieces, const Body& old_copy, FileSink& sink) {
  const auto expected = whole_checksum(info_);
  checksum_.emplace(expected->first);
  std::deque<Fetch> fetches;
  auto next = pieces.begin();
  const auto keep_fetching = [&] {
    for (; next != pieces.end() && fetches.size() < kFetchesAhead; ++next) {
      if (!next->local) fetches.push_back(begin_fetch(*next));
    }
  };
  for (const Piece& piece : pieces) {
    keep_fetching();
    if (piece.local) {
      OBJSTORE_TRY(copy_local(piece, old_copy, sink));
      continue;
    }
    auto bytes = fetches.front().get();
    fetches.pop_front();
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    OBJSTORE_TRY(take(*bytes, sink));
  }
  if (checksum_->finish_base64() == expected->second) return {};
  return no_delta("what was put together is not the object");
}

S3Result<DeltaGetResult> try_delta(const S3Caller& caller, const ObjectName& from, const std::string& path,
                                   const std::string& old_copy, const GetOptions& options) {
  if (options.range || !options.if_none_match.empty()) return no_delta("not the whole object");
  const Descriptor old(::open(old_copy.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat state{};
  if (old.fd < 0 || ::fstat(old.fd, &state) != 0 || !S_ISREG(state.st_mode)) return no_delta("no old copy");
  const auto size = static_cast<std::uint64_t>(state.st_size);
  if (size < kDeltaBytesMin) return no_delta("the old copy is too small");
  auto fetched = fetch_signature(caller, from, options.version_id, options.control.stop);
  if (!fetched) return std::unexpected(std::move(fetched.error()));
  const ObjectInfo& info = fetched->info;
  if (info.size < kDeltaBytesMin || !whole_checksum(info)) return no_delta("the object is small, or has no checksum");
  if (!options.if_match.empty() && options.if_match != info.etag) return no_delta("another object");
  const FileBody body(old.fd, 0, size);
  OBJSTORE_ASSIGN(auto runs, plan_delta(body, fetched->signature, [](ByteView) {}, options.control.stop));
  const std::vector<Piece> pieces = arrange(std::move(runs), info.size);
  const std::uint64_t missing = missing_bytes(pieces);
  if (missing > info.size / 100 * kWorthPercent) return no_delta("too much differs");
  OBJSTORE_ASSIGN(const auto sink, FileSink::open(path));
  OBJSTORE_TRY(DeltaGet(caller, from, options, info).assemble(pieces, body, *sink));
  if (options.modified_ms != 0) OBJSTORE_TRY(sink->set_time(options.modified_ms));
  OBJSTORE_TRY(sink->commit(options.sync));
  DeltaGetResult out{.info = info, .delta = true, .received_bytes = missing + fetched->bytes};
  out.info.verified = true;
  return out;
}

}  // namespace

Result<DeltaGetResult> get_file_delta(const DownloadContext& context, const ObjectName& from, const std::string& path,
                                      const std::string& old_copy, const GetOptions& options) {
  auto delta = try_delta(context.caller, from, path, old_copy, options);
  if (delta) return std::move(*delta);
  if (delta.error().code == Errc::kCancelled) return std::unexpected<Error>(std::move(delta.error()));
  OBJSTORE_ASSIGN(ObjectInfo info, download_file(context, from, path, options));
  const std::uint64_t size = info.size;
  return DeltaGetResult{
      .info = std::move(info), .delta = false, .received_bytes = size, .why_not = why_no_delta(delta.error())};
}

}  // namespace objstore::client
