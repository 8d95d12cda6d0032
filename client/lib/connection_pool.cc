#include "client/lib/connection_pool.h"

#include <utility>

#include "common/base/check.h"

namespace objstore::client {

ConnectionPool::Lease::Lease(ConnectionPool* pool, std::string where, std::unique_ptr<HttpConnection> connection,
                             bool used_before)
    : pool_(pool), where_(std::move(where)), connection_(std::move(connection)), used_before_(used_before) {}

ConnectionPool::Lease::~Lease() {
  if (connection_ && connection_->reusable()) pool_->give_back(std::move(where_), std::move(connection_));
}

ConnectionPool::ConnectionPool(std::optional<TlsContext> tls, std::size_t idle_max)
    : tls_(std::move(tls)), idle_max_(idle_max) {}

Result<ConnectionPool::Lease> ConnectionPool::acquire(const Endpoint& endpoint, const IoLimits& limits, bool fresh) {
  CHECK(!endpoint.secure || tls_);
  const std::string where = endpoint.url();
  if (!fresh) {
    if (auto connection = take_idle(where)) return Lease(this, where, std::move(connection), true);
  }
  OBJSTORE_ASSIGN(auto stream, Stream::connect(endpoint, endpoint.secure ? &*tls_ : nullptr, limits));
  return Lease(this, where, std::make_unique<HttpConnection>(std::move(stream)), false);
}

std::unique_ptr<HttpConnection> ConnectionPool::take_idle(const std::string& where) {
  const std::lock_guard lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  std::erase_if(idle_, [&](const Idle& entry) { return now - entry.since > kIdleMax; });
  for (auto i = idle_.size(); i-- > 0;) {
    if (idle_[i].where != where) continue;
    auto connection = std::move(idle_[i].connection);
    idle_.erase(idle_.begin() + static_cast<std::ptrdiff_t>(i));
    if (connection->idle_and_open()) return connection;
  }
  return nullptr;
}

void ConnectionPool::give_back(std::string where, std::unique_ptr<HttpConnection> connection) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() >= idle_max_) idle_.erase(idle_.begin());
  idle_.push_back({std::move(where), std::move(connection), std::chrono::steady_clock::now()});
}

}  // namespace objstore::client
