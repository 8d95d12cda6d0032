#include "server/http/chunked_decoder.h"

#include <algorithm>
#include <array>
#include <limits>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "server/http/head_check.h"

namespace objstore::http {
namespace {

// Fields that change framing, routing or authorisation (RFC 9110 section 6.5.1): a reader that merged trailers into the
// head would be deceived by them.
constexpr std::array<std::string_view, 10> kForbiddenTrailers = {
    "content-length", "transfer-encoding", "host", "authorization", "connection",
    "expect",         "content-encoding",  "te",   "trailer",       "content-range"};

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_printable(char c) {
  return (c >= 0x20 && c <= 0x7e) || c == '\t';
}

}  // namespace

bool ChunkedDecoder::broken(std::string_view why) {
  state_ = State::kBroken;
  fault_ = Error{Errc::kIncompleteBody, std::string(why)};
  return false;
}

void ChunkedDecoder::take_data(std::uint64_t count) noexcept {
  CHECK(count <= remaining_);
  remaining_ -= count;
  if (remaining_ == 0) state_ = State::kDataEnd;
}

std::size_t ChunkedDecoder::consume(std::string_view input) {
  std::size_t used = 0;
  while (used < input.size() && state_ != State::kData && state_ != State::kFinished && state_ != State::kBroken) {
    if (!step(input[used])) break;
    ++used;
  }
  return used;
}

// False: the byte broke the framing.
bool ChunkedDecoder::step(char c) {
  switch (state_) {
    case State::kSize:
      return step_size(c);
    case State::kExtension:
      if (c == '\r') {
        state_ = State::kSizeEnd;
        return true;
      }
      if (++extension_bytes_ > kChunkExtensionBytesMax) return broken("A chunk extension is too long.");
      return is_printable(c) || broken("A chunk extension holds a control character.");
    case State::kSizeEnd:
      return c == '\n' ? end_size_line() : broken("A chunk size is not followed by CRLF.");
    case State::kDataEnd:
      state_ = State::kDataNewline;
      return c == '\r' || broken("A chunk is not followed by CRLF.");
    case State::kDataNewline:
      if (c != '\n') return broken("A chunk is not followed by CRLF.");
      state_ = State::kSize;
      size_ = digits_ = extension_bytes_ = 0;
      return true;
    case State::kTrailer:
    case State::kTrailerNewline:
      return step_trailer(c);
    case State::kData:
    case State::kFinished:
    case State::kBroken:
      break;
  }
  return false;
}

bool ChunkedDecoder::step_size(char c) {
  const int value = hex_value(c);
  if (value >= 0) {
    if (++digits_ > kChunkSizeDigitsMax) return broken("A chunk size is too long.");
    if (size_ > (static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) >> 4)) {
      return broken("A chunk size is too large.");
    }
    size_ = size_ * 16 + static_cast<std::uint64_t>(value);
    return true;
  }
  if (digits_ == 0 || (c != ';' && c != '\r')) return broken("A chunk size is not hexadecimal.");
  state_ = c == ';' ? State::kExtension : State::kSizeEnd;
  return true;
}

bool ChunkedDecoder::end_size_line() {
  remaining_ = size_;
  state_ = size_ == 0 ? State::kTrailer : State::kData;
  return true;
}

bool ChunkedDecoder::step_trailer(char c) {
  if (++trailer_bytes_ > kTrailerSectionBytesMax) return broken("The trailer section is too large.");
  if (state_ == State::kTrailerNewline) return c == '\n' ? end_trailer_line() : broken("A trailer holds a bare CR.");
  if (c == '\r') {
    state_ = State::kTrailerNewline;
    return true;
  }
  if (!is_printable(c)) return broken("A trailer holds a control character.");
  line_.push_back(c);
  return true;
}

bool ChunkedDecoder::end_trailer_line() {
  if (line_.empty()) {
    state_ = State::kFinished;
    return true;
  }
  if (++trailers_ > kTrailersMax) return broken("There are too many trailers.");
  const std::size_t colon = line_.find(':');
  const std::string_view name = std::string_view(line_).substr(0, colon);
  if (colon == std::string::npos || name.empty() || !std::ranges::all_of(name, is_token_char)) {
    return broken("A trailer is malformed.");
  }
  const auto is_same = [name](std::string_view other) { return equals_ignore_case(name, other); };
  if (std::ranges::any_of(kForbiddenTrailers, is_same))
    return broken("A trailer has a name that trailers may not have.");
  line_.clear();
  state_ = State::kTrailer;
  return true;
}

}  // namespace objstore::http
