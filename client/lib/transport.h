// The port between what is asked (S3) and how it travels (HTTP over sockets), so that signing, retries and transfers
// are tested without a network.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <memory>

#include "client/lib/connection_pool.h"
#include "client/lib/endpoint.h"
#include "client/lib/http_connection.h"
#include "client/lib/stream.h"

namespace objstore::client {

// An answer whose body is still to be read. One thread at a time; to destroy it early is to give up the connection.
class Incoming {
 public:
  virtual ~Incoming() = default;
  virtual const HttpResponseHead& head() const = 0;
  // At least one byte; 0 at the end. The errors of HttpConnection::read_body.
  virtual Result<std::size_t> read(MutableBytes out) = 0;
};

// Any thread.
class Transport {
 public:
  virtual ~Transport() = default;
  // Sends the request once and returns when the head of the answer is there. The errors of HttpConnection::exchange.
  virtual Result<std::unique_ptr<Incoming>> send(const Endpoint& endpoint, const HttpRequest& request,
                                                 const IoLimits& limits) = 0;
};

class HttpTransport final : public Transport {
 public:
  HttpTransport(std::optional<TlsContext> tls, std::size_t idle_max) : pool_(std::move(tls), idle_max) {}
  // A connection that the server closed while it was idle is replaced at once: that says nothing about the server.
  Result<std::unique_ptr<Incoming>> send(const Endpoint& endpoint, const HttpRequest& request,
                                         const IoLimits& limits) override;

 private:
  ConnectionPool pool_;
};

}  // namespace objstore::client
