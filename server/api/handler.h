// The seam between a transport and a front end (S3, admin, ...). No sockets here: handlers are ordinary synchronous
// code that is tested without them.
//
// The transport reads a request's head and calls begin() on the worker pool. The answer says how the body, if any, is
// to be taken: not at all, as one document, or as a stream into a Sink. Authorisation has happened by then, so only
// then is `100 Continue` sent. Every call for one request is made by one thread at a time, not always the same.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "common/base/buffer.h"
#include "common/base/source.h"
#include "common/base/ticket.h"
#include "common/wire/http.h"

namespace objstore::api {

// What the access log says about a request, beside what the transport knows itself.
struct AccessRecord {
  std::string account;     // of the user; empty when nobody is identified
  std::string principal;   // user id, or empty
  std::string access_key;  // its id
  std::string action;      // "PutObject"
  std::string bucket;
  std::string key;
  std::string version;  // as the request names it
  std::string error;    // the protocol's code, or empty
};

using objstore::Source;  // an error of next() means that the transport cuts the connection

struct Reply {
  int status = 200;
  wire::Headers headers;             // without Content-Length, Transfer-Encoding, Connection and Date
  std::string body;                  // sent unless there is a source
  std::unique_ptr<Source> source;    // sent with `content_length`
  std::uint64_t content_length = 0;  // of the source; for HEAD: what GET would say, with neither body nor source
  bool close = false;                // end the connection after this reply
  AccessRecord access;
};

inline constexpr std::size_t kLargeBodyBytes = std::size_t{256} << 10;

// A body that arrives in pieces. Destroying it before finish() gives the upload up: nothing of it is ever visible.
class Sink {
 public:
  virtual ~Sink() = default;
  // Bytes valid during the call. After an error neither write nor finish is called again.
  virtual Status write(ByteView bytes) = 0;
  // At most `bytes` of the sink's own memory, into which the transport may receive what follows all that was written
  // and all rooms before; none where it wants to look at the bytes first. Asked for when the body is known to have more
  // than kLargeBodyBytes, between writes, and, once there was one, for all of the body. Each is filled and then
  // written, but for the last; two at most are not written.
  virtual Room room(std::size_t bytes) {
    (void)bytes;
    return {};
  }
  // The whole body has been written.
  virtual Ticket<Reply> finish() = 0;
  // The reply for a body that ended early: by an error of write() or of the transport (kIncompleteBody, kTimeout,
  // kTooLarge).
  virtual Reply refuse(const Error& error) = 0;
};

// Wants the body as one string of at most `limit` bytes.
struct ReadDocument {
  std::uint64_t limit = 0;
  std::move_only_function<Ticket<Reply>(std::string body)> then;
  std::move_only_function<Reply(const Error&)> refuse;  // as Sink::refuse; kTooLarge when over the limit
};

// A Ticket: the body is not wanted (the transport drains a little of it or closes).
using Exchange = std::variant<Ticket<Reply>, ReadDocument, std::unique_ptr<Sink>>;

class Handler {
 public:
  virtual ~Handler() = default;
  // `head` outlives the exchange. Any thread, many at once.
  virtual Exchange begin(const wire::RequestHead& head) = 0;
  // The reply to a request whose head the transport itself refuses: malformed, too large, unknown framing.
  // `head` may be filled in part.
  virtual Reply refuse_head(const wire::RequestHead& head, int status, const Error& error) = 0;
};

}  // namespace objstore::api
