// The framing of a chunked body (RFC 9112 section 7.1), strict: no bare line feed, no white space in the size, bounded
// extensions and trailers, none of which means anything here. Pure; one thread at a time.
//
// The decoder looks at framing bytes only: the data between them goes from the socket to its reader without passing
// here.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/http/limits.h"

namespace objstore::http {

class ChunkedDecoder {
 public:
  // Consumes framing from the front of `input`, up to the next data byte, the body's end or a fault, and returns how
  // much that was. Bytes that are not enough for a line are consumed too and remembered.
  std::size_t consume(std::string_view input);
  // Bytes of the current chunk that have not been taken; framing is next when it is 0.
  std::uint64_t data_remaining() const noexcept { return remaining_; }
  // The reader got `count` <= data_remaining() bytes of data from behind what consume() took.
  void take_data(std::uint64_t count) noexcept;
  bool finished() const noexcept { return state_ == State::kFinished; }
  // Set once the framing is broken (kIncompleteBody): nothing behind it may be believed.
  const std::optional<Error>& fault() const noexcept { return fault_; }

 private:
  enum class State : std::uint8_t {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataEnd,
    kDataNewline,
    kTrailer,
    kTrailerNewline,
    kFinished,
    kBroken
  };
  bool step(char c);
  bool step_size(char c);
  bool step_trailer(char c);
  bool end_trailer_line();
  bool end_size_line();
  bool broken(std::string_view why);

  State state_ = State::kSize;
  std::uint64_t size_ = 0;
  std::uint64_t remaining_ = 0;
  std::size_t digits_ = 0;
  std::size_t extension_bytes_ = 0;
  std::size_t trailers_ = 0;
  std::size_t trailer_bytes_ = 0;
  std::string line_;  // a trailer line, bounded by kTrailerSectionBytesMax
  std::optional<Error> fault_;
};

}  // namespace objstore::http
