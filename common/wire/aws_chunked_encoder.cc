#include <utility>

#include "common/base/check.h"
#include "common/base/digest.h"
#include "common/wire/aws_chunked.h"

namespace objstore::wire {
namespace {

constexpr std::string_view kExtension = ";chunk-signature=";
constexpr std::string_view kTrailerSignature = "x-amz-trailer-signature:";
constexpr std::uint64_t kSignatureDigits = 64;
constexpr std::uint64_t kLineEnd = 2;

std::string hex_size(std::uint64_t size) {
  std::string digits;
  do {
    digits.insert(digits.begin(), "0123456789abcdef"[size % 16]);
    size /= 16;
  } while (size > 0);
  return digits;
}

}  // namespace

AwsChunkedEncoder::AwsChunkedEncoder(ChunkForm form, std::optional<ChunkSigner> signer)
    : form_(form), signer_(std::move(signer)) {
  CHECK(form_ == ChunkForm::kUnsignedTrailer || signer_);
}

std::string AwsChunkedEncoder::chunk_header(ByteView data) {
  std::string out = hex_size(data.size());
  if (form_ != ChunkForm::kUnsignedTrailer) out.append(kExtension).append(signer_->chunk(sha256(data)));
  return out.append("\r\n");
}

std::string AwsChunkedEncoder::end(const Headers& trailers) {
  std::string out = chunk_header({});
  std::string canonical;
  for (const Header& trailer : trailers) {
    const std::string line = to_lower(trailer.name) + ":" + trailer.value;
    canonical.append(line).append("\n");
    out.append(line).append("\r\n");
  }
  if (form_ == ChunkForm::kSignedTrailer)
    out.append(kTrailerSignature).append(signer_->trailer(canonical)).append("\r\n");
  return out.append("\r\n");
}

std::uint64_t AwsChunkedEncoder::encoded_length(ChunkForm form, std::uint64_t length, std::uint64_t chunk_bytes,
                                                std::size_t trailers, std::size_t trailer_bytes) noexcept {
  const std::uint64_t extension = form == ChunkForm::kUnsignedTrailer ? 0 : kExtension.size() + kSignatureDigits;
  const std::uint64_t full = length / chunk_bytes;
  const std::uint64_t rest = length % chunk_bytes;
  std::uint64_t total = full * (hex_size(chunk_bytes).size() + extension + 2 * kLineEnd + chunk_bytes);
  if (rest > 0) total += hex_size(rest).size() + extension + 2 * kLineEnd + rest;
  total += 1 + extension + kLineEnd;                   // the last chunk
  total += trailer_bytes + trailers * (1 + kLineEnd);  // name:value CR LF
  if (form == ChunkForm::kSignedTrailer) total += kTrailerSignature.size() + kSignatureDigits + kLineEnd;
  return total + kLineEnd;
}

}  // namespace objstore::wire
