// The body of one request without its framing: first what came with the head, then straight from the stream into the
// reader's memory. Lives as long as its exchange; one coroutine.
#pragma once

#include <optional>

#include "common/wire/http.h"
#include "server/http/chunked_decoder.h"
#include "server/http/input_buffer.h"
#include "server/http/pace.h"
#include "server/http/stream.h"

namespace objstore::http {

class BodyReader {
 public:
  // input: holds the bytes behind the head, and after the body those behind the body.
  BodyReader(Stream& stream, InputBuffer& input, const wire::RequestHead& head, const Timeouts& timeouts);

  // Some bytes of the body; 0 when it is finished or has failed.
  Awaitable<std::size_t> read(MutableBytes out);
  bool finished() const noexcept;
  // kIncompleteBody (ended early, bad framing) or kTimeout (too slow). Nothing more may be read from the connection.
  const std::optional<Error>& failure() const noexcept { return failure_; }
  // Bytes of the body that have been read.
  std::uint64_t count() const noexcept { return count_; }
  // Reads and drops at most `bytes_max`; true when the body is finished then.
  Awaitable<bool> drain(std::uint64_t bytes_max);

  // The whole body, when all of it is in `input` and its end is known without looking into it.
  std::optional<ByteView> whole() const noexcept;
  // whole() has been used.
  void take_whole();
  // Bytes that are left, when that is known.
  std::optional<std::uint64_t> remaining() const noexcept;

 private:
  Awaitable<std::size_t> receive(MutableBytes out);
  Awaitable<bool> next_chunk();
  std::size_t take_buffered(MutableBytes out);
  std::uint64_t readable() const noexcept;
  void took(std::size_t count) noexcept;
  std::size_t failed(Errc code, const char* message);

  Stream& stream_;
  InputBuffer& input_;
  Pace pace_;
  std::uint64_t left_ = 0;  // with a Content-Length
  std::optional<ChunkedDecoder> chunks_;
  std::uint64_t count_ = 0;
  std::optional<Error> failure_;
};

}  // namespace objstore::http
