// The byte stream below a Connection: a blocking TCP socket, or TLS on it. One thread.
#pragma once

#include <netdb.h>
#include <objstore/error.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <memory>
#include <string>

#include "bench/load/connection.h"
#include "common/base/bytes.h"

namespace objstore::bench {

struct FreeTls {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
  void operator()(SSL* stream) const noexcept { SSL_free(stream); }
};

struct Target::Native {
  sockaddr_storage address{};
  socklen_t address_length = 0;
  std::unique_ptr<SSL_CTX, FreeTls> tls;  // null: plain
};

class Socket {
 public:
  Socket() = default;
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // host: whom the certificate must name.
  Status connect(const Target::Native& to, const std::string& host);
  Status send(ByteView head, ByteView body);
  // At least one byte; kIo also at the end of the stream.
  Result<std::size_t> receive(MutableBytes out);
  // As receive, for bytes that nobody looks at: what `scratch` holds afterwards is not theirs.
  Result<std::size_t> drop(MutableBytes scratch);

 private:
  Status start_tls(SSL_CTX* context, const std::string& host);
  Status send_plain(ByteView head, ByteView body);
  Status send_tls(ByteView bytes);
  Result<std::size_t> receive_plain(MutableBytes out, int flags);

  int fd_ = -1;
  std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace objstore::bench
