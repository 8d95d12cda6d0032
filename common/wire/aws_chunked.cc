#include "common/wire/aws_chunked.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"
#include "common/base/digest.h"

namespace objstore::wire {
namespace {

constexpr std::string_view kSignatureExtension = "chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature";
constexpr std::size_t kSizeDigitsMax = 16;  // of 64 bits

Errc code_of(ChunkFault fault) {
  switch (fault) {
    case ChunkFault::kIncompleteBody:
      return Errc::kIncompleteBody;
    case ChunkFault::kSignatureMismatch:
      return Errc::kSignatureMismatch;
    case ChunkFault::kChunkTooSmall:
      return Errc::kTooSmall;
    case ChunkFault::kMalformedTrailer:
      return Errc::kMalformed;
  }
  return Errc::kInternal;
}

std::optional<std::uint64_t> parse_hex_size(std::string_view text) {
  if (text.empty() || text.size() > kSizeDigitsMax) return std::nullopt;
  const std::string padded = std::string(kSizeDigitsMax - text.size(), '0') + std::string(text);
  const auto bytes = from_hex(padded);
  if (!bytes) return std::nullopt;
  return read_u64_be(*bytes);
}

bool is_signed(ChunkForm form) {
  return form != ChunkForm::kUnsignedTrailer;
}

Sha256 finish_sha256(Digest& digest) {
  const std::string raw = digest.finish();
  Sha256 out{};
  std::ranges::copy(as_bytes(raw), out.begin());
  return out;
}

}  // namespace

struct AwsChunkedDecoder::Impl {
  enum class State : std::uint8_t { kHeader, kData, kDataEnd, kTrailer, kDone, kFailed };

  explicit Impl(Options o) : options(std::move(o)), digest(DigestKind::kSha256) {}

  Status fault_with(ChunkFault f, std::string message) {
    fault = f;
    return fail(code_of(f), std::move(message));
  }
  Status incomplete(std::string message) { return fault_with(ChunkFault::kIncompleteBody, std::move(message)); }

  Status step(ByteView& bytes, const Sink& sink);
  Status take_line(ByteView& bytes, std::size_t bytes_max, ChunkFault too_long);
  Status on_header(std::string_view header);
  Status check_size();
  Status on_data(ByteView& bytes, const Sink& sink);
  Status on_data_end(ByteView& bytes);
  Status on_chunk_hashed();
  Status on_last_chunk();
  Status on_trailer_line(std::string_view terminated);
  Status on_trailer(std::string_view line);
  Status on_trailer_signature(std::string_view value);
  Status on_trailers_end();
  Status on_surplus(ByteView& bytes);

  Options options;
  State state = State::kHeader;
  std::optional<ChunkFault> fault;
  Error error;  // when kFailed
  Digest digest;
  std::string line;             // a header or trailer that has not ended yet
  std::string chunk_signature;  // of the chunk being read
  std::uint64_t chunk_size = 0;
  std::uint64_t chunk_left = 0;
  std::uint64_t decoded = 0;
  bool small_chunk_seen = false;  // only the last chunk with data may be one
  std::string_view expected;      // what has to follow: "\r\n" after a chunk
  Headers trailers;
  std::string canonical_trailers;
  std::size_t trailer_bytes = 0;
  bool trailer_signature_seen = false;
  bool bare_line_feed = false;  // the line before ended with LF alone
};

Status AwsChunkedDecoder::Impl::step(ByteView& bytes, const Sink& sink) {
  switch (state) {
    case State::kHeader:
      OBJSTORE_TRY(take_line(bytes, kHeaderBytesMax, ChunkFault::kIncompleteBody));
      if (!line.ends_with('\n')) return {};
      if (!line.ends_with("\r\n")) return incomplete("a chunk header does not end with CR LF");
      return on_header(std::string_view(line).substr(0, line.size() - 2));
    case State::kData:
      return on_data(bytes, sink);
    case State::kDataEnd:
      return on_data_end(bytes);
    case State::kTrailer:
      OBJSTORE_TRY(take_line(bytes, kTrailerBytesMax - trailer_bytes, ChunkFault::kMalformedTrailer));
      if (!line.ends_with('\n')) return {};
      trailer_bytes += line.size();
      return on_trailer_line(std::exchange(line, {}));
    case State::kDone:
      return on_surplus(bytes);
    case State::kFailed:
      break;
  }
  return std::unexpected(error);
}

// Moves bytes into `line` up to and with the next LF.
Status AwsChunkedDecoder::Impl::take_line(ByteView& bytes, std::size_t bytes_max, ChunkFault too_long) {
  const std::string_view text = as_text(bytes);
  const std::size_t feed = text.find('\n');
  const std::size_t taken = feed == std::string_view::npos ? text.size() : feed + 1;
  if (taken > bytes_max - line.size()) return fault_with(too_long, "a chunk header or trailer is too long");
  line += text.substr(0, taken);
  bytes = bytes.subspan(taken);
  return {};
}

Status AwsChunkedDecoder::Impl::on_header(std::string_view header) {
  const std::size_t semicolon = header.find(';');
  const auto size = parse_hex_size(header.substr(0, semicolon));
  if (!size) return incomplete("a chunk size is malformed");
  if (is_signed(options.form)) {
    const std::string_view extension =
        semicolon == std::string_view::npos ? std::string_view() : header.substr(semicolon + 1);
    if (!extension.starts_with(kSignatureExtension)) return incomplete("a chunk has no signature");
    chunk_signature = extension.substr(kSignatureExtension.size());
    if (chunk_signature.size() != 64 || !from_hex(chunk_signature)) return incomplete("a chunk signature is malformed");
  } else if (semicolon != std::string_view::npos) {
    return incomplete("a chunk extension was not announced");
  }
  line.clear();
  chunk_size = chunk_left = *size;
  if (chunk_size == 0) return on_last_chunk();
  OBJSTORE_TRY(check_size());
  state = State::kData;
  return {};
}

Status AwsChunkedDecoder::Impl::check_size() {
  if (chunk_size > options.decoded_length - decoded) return incomplete("there is more data than announced");
  if (is_signed(options.form) && small_chunk_seen)
    return fault_with(ChunkFault::kChunkTooSmall, "Only the last chunk is allowed to have a size less than 8192 bytes");
  small_chunk_seen = chunk_size < kSignedChunkBytesMin;
  return {};
}

Status AwsChunkedDecoder::Impl::on_data(ByteView& bytes, const Sink& sink) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), chunk_left));
  const ByteView piece = bytes.first(taken);
  bytes = bytes.subspan(taken);
  if (is_signed(options.form)) digest.update(piece);
  chunk_left -= taken;
  decoded += taken;
  OBJSTORE_TRY(sink(piece));
  if (chunk_left > 0) return {};
  OBJSTORE_TRY(on_chunk_hashed());
  expected = AwsChunkedEncoder::kChunkEnd;
  state = State::kDataEnd;
  return {};
}

Status AwsChunkedDecoder::Impl::on_data_end(ByteView& bytes) {
  if (as_text(bytes.first(1))[0] != expected[0]) return incomplete("a chunk does not end with CR LF");
  bytes = bytes.subspan(1);
  expected.remove_prefix(1);
  if (expected.empty()) state = chunk_size == 0 ? State::kDone : State::kHeader;
  return {};
}

Status AwsChunkedDecoder::Impl::on_chunk_hashed() {
  if (!is_signed(options.form)) return {};
  const std::string computed = options.signer->chunk(finish_sha256(digest));
  if (signature_equals(computed, chunk_signature)) return {};
  return fault_with(ChunkFault::kSignatureMismatch, "a chunk's signature does not match");
}

Status AwsChunkedDecoder::Impl::on_last_chunk() {
  OBJSTORE_TRY(on_chunk_hashed());
  if (decoded != options.decoded_length) return incomplete("there is less data than announced");
  if (options.form == ChunkForm::kSigned) {
    expected = AwsChunkedEncoder::kChunkEnd;
    state = State::kDataEnd;
  } else {
    state = State::kTrailer;
  }
  return {};
}

// Some clients end the trailer with LF and then write CR LF before x-amz-trailer-signature, as AWS's own description
// does.
Status AwsChunkedDecoder::Impl::on_trailer_line(std::string_view terminated) {
  terminated.remove_suffix(1);
  const bool with_cr = terminated.ends_with('\r');
  if (with_cr) terminated.remove_suffix(1);
  if (!terminated.empty()) {
    bare_line_feed = !with_cr;
    return on_trailer(terminated);
  }
  if (!with_cr) return fault_with(ChunkFault::kMalformedTrailer, "the trailers do not end with CR LF");
  const bool signature_follows = options.form == ChunkForm::kSignedTrailer && !trailer_signature_seen;
  if (signature_follows && std::exchange(bare_line_feed, false)) return {};
  return on_trailers_end();
}

Status AwsChunkedDecoder::Impl::on_trailer(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string name = to_lower(trim(text.substr(0, colon)));
  if (colon == std::string_view::npos || name.empty() || trailer_signature_seen)
    return fault_with(ChunkFault::kMalformedTrailer, "a trailer is malformed");
  const std::string_view value = trim(text.substr(colon + 1));
  if (options.form == ChunkForm::kSignedTrailer && name == kTrailerSignature) return on_trailer_signature(value);
  if (std::ranges::find(options.trailers, name) == options.trailers.end() || trailers.contains(name))
    return fault_with(ChunkFault::kMalformedTrailer, "a trailer was not announced");
  trailers.add(name, value);
  canonical_trailers.append(name).append(":").append(value).append("\n");
  return {};
}

Status AwsChunkedDecoder::Impl::on_trailer_signature(std::string_view value) {
  trailer_signature_seen = true;
  if (signature_equals(options.signer->trailer(canonical_trailers), value)) return {};
  return fault_with(ChunkFault::kSignatureMismatch, "the trailer's signature does not match");
}

Status AwsChunkedDecoder::Impl::on_trailers_end() {
  if (trailers.size() != options.trailers.size())
    return fault_with(ChunkFault::kMalformedTrailer, "an announced trailer is missing");
  if (options.form == ChunkForm::kSignedTrailer && !trailer_signature_seen)
    return fault_with(ChunkFault::kSignatureMismatch, "the trailer is not signed");
  // Clients that end an unsigned trailer with LF write CR LF twice behind it.
  expected = bare_line_feed ? AwsChunkedEncoder::kChunkEnd : std::string_view();
  state = State::kDone;
  return {};
}

Status AwsChunkedDecoder::Impl::on_surplus(ByteView& bytes) {
  if (expected.empty() || as_text(bytes.first(1))[0] != expected[0])
    return incomplete("there is data after the last chunk");
  bytes = bytes.subspan(1);
  expected.remove_prefix(1);
  return {};
}

AwsChunkedDecoder::AwsChunkedDecoder(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {
  CHECK(!is_signed(impl_->options.form) || impl_->options.signer);
}
AwsChunkedDecoder::AwsChunkedDecoder(AwsChunkedDecoder&&) noexcept = default;
AwsChunkedDecoder& AwsChunkedDecoder::operator=(AwsChunkedDecoder&&) noexcept = default;
AwsChunkedDecoder::~AwsChunkedDecoder() = default;

Status AwsChunkedDecoder::feed(ByteView bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (Status status = impl_->step(bytes, sink); !status) {
      impl_->state = Impl::State::kFailed;
      impl_->error = status.error();
      return status;
    }
  }
  return {};
}

Status AwsChunkedDecoder::finish() {
  using State = Impl::State;
  if (impl_->state == State::kFailed) return std::unexpected(impl_->error);
  if (impl_->state == State::kDone && impl_->expected.size() != 1) return {};  // 1: half of an optional CR LF
  Status status = impl_->incomplete("the body ended early");
  impl_->state = State::kFailed;
  impl_->error = status.error();
  return status;
}

std::optional<ChunkFault> AwsChunkedDecoder::fault() const noexcept {
  return impl_->fault;
}

const Headers& AwsChunkedDecoder::trailers() const noexcept {
  return impl_->trailers;
}

Result<std::vector<std::string>> parse_trailer_names(std::string_view value) {
  std::vector<std::string> names;
  bool more = true;
  while (more) {
    const std::size_t comma = value.find(',');
    more = comma != std::string_view::npos;
    std::string name = to_lower(trim(value.substr(0, comma)));
    if (more) value.remove_prefix(comma + 1);
    if (name.empty() || std::ranges::find(names, name) != names.end())
      return fail(Errc::kMalformed, "x-amz-trailer has an empty name or names one twice");
    names.push_back(std::move(name));
  }
  return names;
}

}  // namespace objstore::wire
