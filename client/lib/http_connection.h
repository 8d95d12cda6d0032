// One HTTP/1.1 connection: a request out, its answer in, again and again. One thread at a time.
//
// Beast parses the answers, and stays in http_connection.cc. Heads are bounded; bodies are pulled by the caller.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "client/lib/body.h"
#include "client/lib/stream.h"
#include "common/wire/http.h"

namespace objstore::client {

inline constexpr std::uint32_t kResponseHeadBytesMax = 64 * 1024;
// How long "Expect: 100-continue" may go unanswered before the body is sent all the same (RFC 9110, 10.1.1).
inline constexpr std::chrono::milliseconds kContinueWait{1'000};
inline constexpr std::size_t kSendBlockBytes = 256 * 1024;

struct HttpRequest {
  std::string method{};
  std::string target{};     // origin form
  wire::Headers headers{};  // complete: Host, Content-Length, Expect...
  const Body* body = nullptr;
  // Called with the bytes of the body sent so far; may be empty.
  std::function<void(std::uint64_t)> on_sent{};
};

struct HttpResponseHead {
  int status = 0;
  wire::Headers headers{};
  std::optional<std::uint64_t> content_length{};
};

class HttpConnection {
 public:
  explicit HttpConnection(std::unique_ptr<Stream> stream);
  ~HttpConnection();
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Sends all of it and reads the final head. An answer that comes before the body is out ends the sending: it says
  // why the rest is not wanted. Errors: the Stream's, the Body's, kMalformed for what is not HTTP.
  Result<HttpResponseHead> exchange(const HttpRequest& request, const IoLimits& limits);
  // The next bytes of the answer's body; 0 at its end. kUnreachable when the connection ends before the body does.
  Result<std::size_t> read_body(MutableBytes out, const IoLimits& limits);

  // The last answer was read to its end and both sides mean to go on.
  bool reusable() const noexcept;
  // Still quiet, as an idle connection has to be: the server has not closed it.
  bool idle_and_open();
  // A byte of an answer to the last request has arrived. If not, and the connection had been used before, the server
  // closed it while it was idle.
  bool answered() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::client
