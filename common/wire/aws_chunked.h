// The aws-chunked content coding in all its forms: signed chunks, signed chunks with a trailer, unsigned chunks with a
// trailer. Incremental; memory does not grow with a chunk. One thread at a time.
//
// A chunk's bytes are handed on before its signature has been seen, so the sink makes nothing visible before finish().
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and sigv4-streaming-trailers.html
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/wire/http.h"
#include "common/wire/sigv4.h"

namespace objstore::wire {

enum class ChunkForm : std::uint8_t { kSigned, kSignedTrailer, kUnsignedTrailer };

// What is wrong with a framed body. The Error beside it has the Errc in brackets.
enum class ChunkFault : std::uint8_t {
  kIncompleteBody,     // [kIncompleteBody] framing, or another length than announced
  kSignatureMismatch,  // [kSignatureMismatch] of a chunk or of the trailer
  kChunkTooSmall,      // [kTooSmall] InvalidChunkSizeError: a signed chunk below 8,192 bytes that is not the last
  kMalformedTrailer,   // [kMalformed] MalformedTrailerError
};

class AwsChunkedDecoder {
 public:
  static constexpr std::size_t kHeaderBytesMax = 1024;
  static constexpr std::size_t kTrailerBytesMax = 4096;
  static constexpr std::uint64_t kSignedChunkBytesMin = 8192;

  struct Options {
    ChunkForm form = ChunkForm::kUnsignedTrailer;
    std::uint64_t decoded_length = 0;   // x-amz-decoded-content-length
    std::vector<std::string> trailers;  // the names in x-amz-trailer, see parse_trailer_names
    std::optional<ChunkSigner> signer;  // needed for the signed forms
  };
  // CHECKs that a signed form has its signer.
  explicit AwsChunkedDecoder(Options options);
  AwsChunkedDecoder(AwsChunkedDecoder&&) noexcept;
  AwsChunkedDecoder& operator=(AwsChunkedDecoder&&) noexcept;
  ~AwsChunkedDecoder();

  // Gets payload in pieces, in order. Its error ends feed() and is returned as it is.
  using Sink = std::function<Status(ByteView)>;
  // The next bytes as they arrived. After an error the decoder is done: every later call gives it again.
  Status feed(ByteView bytes, const Sink& sink);
  // The body has ended: checks that it was whole.
  Status finish();
  // Why feed() or finish() failed; nothing when the error is the sink's.
  std::optional<ChunkFault> fault() const noexcept;
  // After finish(): the announced trailers with their values, without x-amz-trailer-signature.
  const Headers& trailers() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The value of x-amz-trailer: lower-case names, separated by commas. kMalformed for an empty name or one named twice.
Result<std::vector<std::string>> parse_trailer_names(std::string_view value);

// The same for a client: frames what it is given, one chunk a call.
class AwsChunkedEncoder {
 public:
  // signer: as sign_request gave it, for the signed forms.
  explicit AwsChunkedEncoder(ChunkForm form, std::optional<ChunkSigner> signer = std::nullopt);
  // What goes before `data`; kChunkEnd goes behind it. `data` is not empty; in the signed forms at least
  // AwsChunkedDecoder::kSignedChunkBytesMin bytes unless it is the last.
  std::string chunk_header(ByteView data);
  static constexpr std::string_view kChunkEnd = "\r\n";
  // The last chunk and the trailers.
  std::string end(const Headers& trailers);
  // Bytes on the wire for a body of `length` cut into chunks of `chunk_bytes`. trailer_bytes: names and values of
  // `trailers` trailers in sum, without their colons.
  static std::uint64_t encoded_length(ChunkForm form, std::uint64_t length, std::uint64_t chunk_bytes,
                                      std::size_t trailers, std::size_t trailer_bytes) noexcept;

 private:
  ChunkForm form_;
  std::optional<ChunkSigner> signer_;
};

}  // namespace objstore::wire
