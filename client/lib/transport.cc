#include "client/lib/transport.h"

#include <utility>

namespace objstore::client {
namespace {

class HttpIncoming final : public Incoming {
 public:
  HttpIncoming(ConnectionPool::Lease lease, HttpResponseHead head, IoLimits limits)
      : lease_(std::move(lease)), head_(std::move(head)), limits_(std::move(limits)) {}
  const HttpResponseHead& head() const override { return head_; }
  Result<std::size_t> read(MutableBytes out) override {
    if (limits_.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    return lease_->read_body(out, limits_);
  }

 private:
  ConnectionPool::Lease lease_;
  HttpResponseHead head_;
  IoLimits limits_;
};

}  // namespace

Result<std::unique_ptr<Incoming>> HttpTransport::send(const Endpoint& endpoint, const HttpRequest& request,
                                                      const IoLimits& limits) {
  for (bool fresh = false;; fresh = true) {
    OBJSTORE_ASSIGN(ConnectionPool::Lease lease, pool_.acquire(endpoint, limits, fresh));
    auto head = lease->exchange(request, limits);
    if (head) return std::make_unique<HttpIncoming>(std::move(lease), std::move(*head), limits);
    const bool stale = lease.used_before() && !lease->answered() && head.error().code == Errc::kUnreachable;
    if (!stale || fresh) return std::unexpected(std::move(head.error()));
  }
}

}  // namespace objstore::client
