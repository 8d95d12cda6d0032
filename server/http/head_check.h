// The strict check of a request's head, on the raw bytes, before anything in it is believed.
//
// Two readers of one byte stream that disagree about where a request ends let an attacker slip a request past the first
// of them. So whatever RFC 9112 leaves to the recipient's mercy (bare LF, folded lines, lists of lengths, stacked
// codings, tabs around a framing value) is refused here, and the connection is closed. Pure; one thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <optional>
#include <string_view>

#include "common/wire/http.h"
#include "server/http/limits.h"

namespace objstore::http {

// Why a head is refused: status and, for the front end's document, kMalformed (400), kTooLarge (414: the target; 431:
// the header section, which S3 calls 400) or kUnsupported (417, 501, 505).
struct HeadFault {
  int status = 400;
  Error error;
};

struct CheckedHead {
  wire::RequestHead head;         // without what the socket knows: secure, peer, request_id
  bool keep_alive = false;        // the client's wish and the version's rule
  bool expects_continue = false;  // Expect: 100-continue
};

// Finds the end of a head in bytes that arrive in pieces, and refuses as early as it can: an oversized or hopeless head
// must not be waited for.
class HeadScanner {
 public:
  enum class State { kIncomplete, kComplete, kRefused };

  explicit HeadScanner(const HeadLimits& limits) : limits_(limits) {}
  // `bytes`: everything from the head's first byte on; what was there at the last call is still there, unchanged.
  State feed(std::string_view bytes);
  // After kComplete: the head's bytes with the empty line.
  std::size_t length() const noexcept { return length_; }
  // After kRefused.
  const HeadFault& fault() const noexcept { return fault_; }

 private:
  State refuse(HeadFault fault);
  std::optional<HeadFault> line_fault(std::string_view bytes, std::size_t newline);
  std::optional<HeadFault> size_fault(std::size_t size) const;

  HeadLimits limits_;
  HeadFault fault_;
  std::size_t scanned_ = 0;
  std::size_t line_start_ = 0;
  std::size_t section_start_ = 0;  // 0: the request line is not complete yet
  std::size_t fields_ = 0;
  std::size_t length_ = 0;
};

// raw: one head with its empty line, as HeadScanner found it. On a fault `out` is filled as far as the check came.
std::optional<HeadFault> check_head(std::string_view raw, const HeadLimits& limits, CheckedHead& out);

// The request line only, without CRLF: for replies to heads whose rest cannot be used.
std::optional<HeadFault> check_request_line(std::string_view line, const HeadLimits& limits, CheckedHead& out);

// True for a character of an HTTP token (RFC 9110 section 5.6.2).
bool is_token_char(char c) noexcept;

}  // namespace objstore::http
