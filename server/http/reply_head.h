// The text of a reply's head. Pure functions; HttpDate belongs to one thread.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "server/api/handler.h"

namespace objstore::http {

struct ReplyShape {
  bool to_head = false;    // the request was HEAD: lengths are stated, nothing follows
  bool streaming = false;  // content_length bytes follow in pieces
  bool close = false;
  std::string_view date = {};
};

// False for HEAD and for 204 and 304, whatever the reply holds.
bool carries_body(int status, bool to_head) noexcept;

// False for a status outside 200-599 or a header that could end its line early (CR, LF, NUL; an empty or odd name):
// such a reply must not leave.
bool is_sendable(const api::Reply& reply) noexcept;

// Appends status line, headers and the empty line of a sendable reply.
void append_reply_head(std::string& out, const api::Reply& reply, const ReplyShape& shape);

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), made anew once a second.
class HttpDate {
 public:
  std::string_view at(UnixMillis now);

 private:
  std::int64_t second_ = -1;
  std::array<char, 32> text_{};
};

}  // namespace objstore::http
