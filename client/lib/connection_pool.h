// Connections that are kept open between requests. Any thread; must outlive the leases it gives.
#pragma once

#include <objstore/error.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/lib/endpoint.h"
#include "client/lib/http_connection.h"
#include "client/lib/stream.h"

namespace objstore::client {

class ConnectionPool {
 public:
  static constexpr std::chrono::seconds kIdleMax{20};  // below the idle time-outs of usual servers

  // A connection on loan. Given back when it is destroyed, if it can serve again.
  class Lease {
   public:
    Lease(ConnectionPool* pool, std::string where, std::unique_ptr<HttpConnection> connection, bool used_before);
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    HttpConnection& operator*() const noexcept { return *connection_; }
    HttpConnection* operator->() const noexcept { return connection_.get(); }
    bool used_before() const noexcept { return used_before_; }

   private:
    ConnectionPool* pool_;
    std::string where_;
    std::unique_ptr<HttpConnection> connection_;
    bool used_before_;
  };

  // tls: for secure endpoints. idle_max: connections that are kept.
  ConnectionPool(std::optional<TlsContext> tls, std::size_t idle_max);

  // An idle connection to that place, or a new one. fresh: only a new one will do.
  Result<Lease> acquire(const Endpoint& endpoint, const IoLimits& limits, bool fresh);

 private:
  struct Idle {
    std::string where;
    std::unique_ptr<HttpConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  std::unique_ptr<HttpConnection> take_idle(const std::string& where);
  void give_back(std::string where, std::unique_ptr<HttpConnection> connection);

  const std::optional<TlsContext> tls_;
  const std::size_t idle_max_;
  std::mutex mutex_;
  std::vector<Idle> idle_;  // guarded by mutex_; the last one used is at the end
};

}  // namespace objstore::client
