#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "client/lib/body_digest.h"
#include "client/lib/delta.h"
#include "client/lib/delta_signature.h"
#include "client/lib/descriptor.h"
#include "client/lib/meter.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

// What differs is worth a delta as long as it is less than this share of the whole.
constexpr std::uint64_t kWorthPercent = 60;

// The delta as a body: instructions, and literal bytes out of the file, read when they are sent.
class DeltaBody final : public Body {
 public:
  DeltaBody(const Body& file, const std::vector<DeltaRun>& runs) : file_(file) {
    for (const DeltaRun& run : runs) {
      Piece piece{.at = size_, .head = {}, .file_offset = run.body_offset, .literal = run.copy ? 0 : run.length};
      piece.head = run.copy ? wire::encode_copy(run.object_offset, run.length) : wire::encode_literal_head(run.length);
      size_ += piece.head.size() + piece.literal;
      pieces_.push_back(std::move(piece));
    }
  }
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    if (offset >= size_ || out.empty()) return 0;
    auto piece = std::ranges::upper_bound(pieces_, offset, {}, &Piece::at);
    std::size_t done = 0;
    for (--piece; piece != pieces_.end() && done < out.size(); ++piece) {
      OBJSTORE_ASSIGN(const std::size_t got, read_piece(*piece, offset + done - piece->at, out.subspan(done)));
      done += got;
      if (offset + done < piece->at + piece->head.size() + piece->literal) break;
    }
    return done;
  }

 private:
  struct Piece {
    std::uint64_t at;  // in the delta
    std::string head;
    std::uint64_t file_offset;
    std::uint64_t literal;  // bytes behind the head
  };

  Result<std::size_t> read_piece(const Piece& piece, std::uint64_t offset, MutableBytes out) const {
    std::size_t done = 0;
    if (offset < piece.head.size()) {
      const ByteView head = as_bytes(piece.head).subspan(static_cast<std::size_t>(offset));
      done = std::min(head.size(), out.size());
      std::copy_n(head.begin(), done, out.begin());
    }
    const std::uint64_t start = offset + done - piece.head.size();
    if (done == out.size() || start >= piece.literal) return done;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size() - done, piece.literal - start));
    OBJSTORE_ASSIGN(const std::size_t got, file_.read_at(piece.file_offset + start, out.subspan(done, wanted)));
    return done + got;
  }

  const Body& file_;
  std::uint64_t size_ = 0;
  std::vector<Piece> pieces_;
};

struct Attempt {
  const UploadContext& context;
  const ObjectName& to;
  const ObjectName& base;
  const PutOptions& options;
};

S3Result<DeltaPutResult> send_delta(const Attempt& attempt, const Body& file, const FetchedSignature& base) {
  const auto algorithm = attempt.context.algorithm.load();
  const auto& stop = attempt.options.control.stop;
  wire::Checksum checksum(algorithm);
  OBJSTORE_ASSIGN(const auto runs,
                  plan_delta(file, base.signature, [&](ByteView bytes) { checksum.update(bytes); }, stop));
  const DeltaBody body(file, runs);
  if (body.size() > file.size() / 100 * kWorthPercent) {
    return std::unexpected(S3Failure(Error{Errc::kUnsupported, "too much differs"}));
  }
  const std::string whole = checksum.finish_base64();
  OBJSTORE_ASSIGN(const BodyDigest digest, digest_body(body, algorithm, attempt.context.caller.signs_bodies(), stop));
  // What is copied on the server counts as sent along with what is: the progress is that of the file.
  Meter meter(attempt.options.control.progress, file.size());
  const double share = static_cast<double>(file.size()) / static_cast<double>(body.size());
  Meter::Part part(meter);
  S3Request request{
      .method = "POST",
      .bucket = attempt.to.bucket.str(),
      .key = attempt.to.key.str(),
      .query = wire::QueryBuilder().add(wire::kDeltaParameter, "").str(),
      .headers = object_headers(attempt.options),
      .body = &body,
      .body_sha256 = digest.sha256,
      .on_sent = [&](std::uint64_t sent) { part.set(static_cast<std::uint64_t>(static_cast<double>(sent) * share)); },
      .stop = stop};
  add_write_conditions(attempt.options, request.headers);
  request.headers.set("x-amz-copy-source", "/" + attempt.base.bucket.str() + "/" +
                                               wire::percent_encode(attempt.base.key.str(), wire::Slash::kKeep));
  request.headers.set("x-amz-copy-source-if-match", base.info.etag);
  request.headers.set(wire::kObjectSizeHeader, std::to_string(file.size()));
  request.headers.set(wire::checksum_header(algorithm), whole);
  auto response = attempt.context.caller.call(request);
  if (!response) return std::unexpected(std::move(response.error()));
  DeltaPutResult out{
      .put = {.size = file.size()}, .delta = true, .sent_bytes = body.size(), .received_bytes = base.bytes};
  out.put.etag = response->headers.find("etag").value_or("");
  const auto confirmed = response->headers.find(wire::checksum_header(algorithm)).value_or("");
  if (out.put.etag.empty() || confirmed != whole) {
    return std::unexpected(S3Failure(Error{Errc::kDigestMismatch, "the server does not confirm what it made"}));
  }
  out.put.checksum = checksum_text(algorithm, whole);
  return out;
}

bool same_file_state(const struct stat& a, const struct stat& b) {
  return a.st_size == b.st_size && a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

// A result, or why there is no delta to be had; then the whole file goes.
S3Result<DeltaPutResult> try_delta(const Attempt& attempt, const std::string& path) {
  const auto no_delta = [](const char* why) { return std::unexpected(S3Failure(Error{Errc::kUnsupported, why})); };
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat before{};
  if (file.fd < 0 || ::fstat(file.fd, &before) != 0 || !S_ISREG(before.st_mode)) return no_delta("not a regular file");
  const auto size = static_cast<std::uint64_t>(before.st_size);
  if (size < kDeltaBytesMin || size > kDeltaBytesMax) return no_delta("too small or too large for a delta");
  auto base = fetch_signature(attempt.context.caller, attempt.base, {}, attempt.options.control.stop);
  if (!base) return std::unexpected(std::move(base.error()));
  if (base->signature.object_size < kDeltaBytesMin || base->info.etag.empty()) return no_delta("the base is too small");
  auto result = send_delta(attempt, FileBody(file.fd, 0, size), *base);
  struct stat after{};
  if (!result && ::fstat(file.fd, &after) == 0 && !same_file_state(before, after)) {
    return std::unexpected(S3Failure(Error{Errc::kConflict, path + " was changed while it was read"}));
  }
  return result;
}

}  // namespace

Result<DeltaPutResult> put_file_delta(const UploadContext& context, const ObjectName& to, const std::string& path,
                                      const ObjectName& base, const PutOptions& options) {
  auto delta = try_delta({context, to, base, options}, path);
  if (delta) return std::move(*delta);
  if (delta.error().code == Errc::kCancelled || delta.error().code == Errc::kConflict) {
    return std::unexpected<Error>(std::move(delta.error()));
  }
  // Whatever the reason is, the whole file is right; if it is one that stands (no access, no server), it comes again.
  OBJSTORE_ASSIGN(PutResult put, upload_file(context, to, path, options));
  const std::uint64_t size = put.size;
  return DeltaPutResult{
      .put = std::move(put), .delta = false, .sent_bytes = size, .why_not = why_no_delta(delta.error())};
}

}  // namespace objstore::client
