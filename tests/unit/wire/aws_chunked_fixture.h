// The published example of the S3 documentation: 66,560 times 'a' in chunks of 64 KiB.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/aws_chunked.h"

namespace objstore::wire::example {

inline const CredentialScope kScope{.date = "20130524", .region = "us-east-1", .service = "s3"};
inline constexpr std::string_view kDate = "20130524T000000Z";
inline constexpr std::string_view kSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
inline constexpr std::string_view kSeed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
inline constexpr std::string_view kTrailerSeed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";
inline constexpr std::size_t kLength = 66560;
inline constexpr std::size_t kChunk = 65536;

inline ChunkSigner signer(std::string_view seed) {
  return ChunkSigner(derive_signing_key(kSecret, kScope), std::string(kDate), kScope.str(), std::string(seed));
}

inline std::string signed_body() {
  std::string out = "10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n";
  out.append(kChunk, 'a').append("\r\n");
  out += "400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n";
  out.append(kLength - kChunk, 'a').append("\r\n");
  return out + "0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n";
}

inline std::string signed_trailer_body(std::string_view trailer_end = "\r\n") {
  std::string out = "10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n";
  out.append(kChunk, 'a').append("\r\n");
  out += "400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n";
  out.append(kLength - kChunk, 'a').append("\r\n");
  out += "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n";
  out.append("x-amz-checksum-crc32c:sOO8/Q==").append(trailer_end);
  return out + "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
}

inline std::string unsigned_trailer_body(std::string_view trailer_end = "\r\n\r\n") {
  std::string out = "10000\r\n";
  out.append(kChunk, 'a').append("\r\n400\r\n").append(kLength - kChunk, 'a').append("\r\n0\r\n");
  return out.append("x-amz-checksum-crc32c:sOO8/Q==").append(trailer_end);
}

inline AwsChunkedDecoder::Options options(ChunkForm form) {
  AwsChunkedDecoder::Options o;
  o.form = form;
  o.decoded_length = kLength;
  if (form != ChunkForm::kSigned) o.trailers = {"x-amz-checksum-crc32c"};
  if (form == ChunkForm::kSigned) o.signer = signer(kSeed);
  if (form == ChunkForm::kSignedTrailer) o.signer = signer(kTrailerSeed);
  return o;
}

struct Outcome {
  Status status;
  std::optional<ChunkFault> fault;
  std::string payload;
  Headers trailers;
};

// Feeds the body in pieces of `piece` bytes, then finishes.
inline Outcome decode(AwsChunkedDecoder::Options o, std::string_view body, std::size_t piece = 10'000) {
  AwsChunkedDecoder decoder(std::move(o));
  Outcome out;
  const auto sink = [&](ByteView bytes) -> Status {
    out.payload += as_text(bytes);
    return {};
  };
  for (std::string_view rest = body; out.status && !rest.empty(); rest.remove_prefix(std::min(piece, rest.size())))
    out.status = decoder.feed(as_bytes(rest.substr(0, piece)), sink);
  if (out.status) out.status = decoder.finish();
  out.fault = decoder.fault();
  out.trailers = decoder.trailers();
  return out;
}

}  // namespace objstore::wire::example
