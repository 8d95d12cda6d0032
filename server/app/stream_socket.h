// A blocking TCP connection, with TLS on top if wanted, for the sub-commands. One thread.
#pragma once

#include <objstore/error.h>

#include <memory>
#include <string>
#include <string_view>

namespace objstore::app {

struct StreamTarget {
  std::string host;
  std::string port;
  bool tls = false;
  std::string certificate;  // trust exactly the first certificate of this file; empty: what the system trusts
};

class StreamSocket {
 public:
  static constexpr int kTimeoutSeconds = 30;  // of each operation

  // kUnreachable, kAccessDenied (the certificate), kIo.
  static Result<StreamSocket> connect(const StreamTarget& target);
  StreamSocket(StreamSocket&&) noexcept;
  StreamSocket& operator=(StreamSocket&&) noexcept;
  ~StreamSocket();

  Status write_all(std::string_view bytes);
  // Until the other side closes. kTooLarge above `limit`, kTimeout, kIo.
  Result<std::string> read_all(std::size_t limit);

 private:
  struct Impl;
  explicit StreamSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::app
