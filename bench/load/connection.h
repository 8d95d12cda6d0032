// A blocking keep-alive connection, plain or TLS, that takes one request at a time. It reads replies with no more care
// than a measuring tool needs. One thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/load/payload.h"
#include "common/base/bytes.h"

namespace objstore::bench {

class Socket;

// Where to connect; resolved once. Immutable, shared by all connections.
class Target {
 public:
  // endpoint: http[s]://HOST[:PORT]. ca_file: PEM, empty for the system's. kInvalidArgument, kUnreachable.
  static Result<std::shared_ptr<const Target>> resolve(const std::string& endpoint, const std::string& ca_file,
                                                       bool insecure);
  ~Target();
  Target(const Target&) = delete;
  Target& operator=(const Target&) = delete;
  // Host and port, as in the Host header.
  const std::string& host_header() const noexcept { return host_header_; }
  // Whom a certificate must name.
  const std::string& host() const noexcept { return host_; }
  struct Native;  // socket.h
  const Native& native() const noexcept { return *native_; }

 private:
  Target();
  std::string host_;
  std::string host_header_;
  std::unique_ptr<Native> native_;
};

struct Reply {
  int status = 0;
  std::string etag;  // with its quotes
  std::string body;  // when it was asked for, or the status is an error's
  std::uint64_t body_bytes = 0;
};

// What becomes of a reply's body.
struct BodyUse {
  bool keep = false;
  PayloadCheck* check = nullptr;
};

class Connection {
 public:
  explicit Connection(std::shared_ptr<const Target> target);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // kUnreachable, kIo, kTimeout (a minute's silence), kMalformed; the connection is made anew by the next call then. A
  // request that an idle connection's end swallowed is sent once more.
  Result<Reply> exchange(std::string_view head, ByteView body, BodyUse use);

 private:
  struct ReplyHead;
  Status connect();
  Result<Reply> attempt(std::string_view head, ByteView body, BodyUse use);
  Result<ReplyHead> read_head(std::string_view method);
  Status read_body(const ReplyHead& head, Reply& reply, BodyUse use);
  Status read_counted(std::uint64_t length, Reply& reply, BodyUse use);
  Status read_chunks(Reply& reply, BodyUse use);
  Result<std::string> read_line();
  Status fill();
  MutableBytes space(std::size_t from) noexcept;
  void take(ByteView bytes, Reply& reply, BodyUse use);

  const std::shared_ptr<const Target> target_;
  std::unique_ptr<Socket> socket_;
  const std::unique_ptr<char[]> buffer_;  // not touched before it is used: there may be thousands
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool is_fresh_ = false;
  bool got_nothing_ = false;
};

}  // namespace objstore::bench
