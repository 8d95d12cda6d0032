// What the server's connections share: the surroundings that they were given, their bounds and the counters. Owned by
// the server, outlives its threads; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <semaphore>
#include <string>

#include "common/base/digest.h"
#include "server/http/audit_log.h"
#include "server/http/body_buffers.h"
#include "server/http/reply_budget.h"
#include "server/http/server.h"

namespace objstore::http {

struct Counters {
  std::atomic<std::uint64_t> connections_accepted = 0;
  std::atomic<std::uint64_t> connections_refused = 0;
  std::atomic<std::uint64_t> handshakes_failed = 0;
  std::array<std::atomic<std::uint64_t>, 6> requests_by_class{};
  std::atomic<std::uint64_t> requests_in_progress = 0;
  std::atomic<std::uint64_t> heads_refused = 0;
  std::atomic<std::uint64_t> timeouts = 0;
  std::atomic<std::uint64_t> replies_cut = 0;
  std::atomic<std::uint64_t> bytes_in = 0;
  std::atomic<std::uint64_t> bytes_out = 0;
  std::atomic<std::uint64_t> file_bytes_out = 0;
};

struct Shared {
  Shared(const Options& o, api::Handler& h, Executor& p, const Clock& c)
      : options(o),
        handler(h),
        pool(p),
        clock(c),
        buffers(o.limits.large_buffers_max),
        in_place(o.limits.bodies_in_place_max),
        replies(o.limits.reply_bytes_max),
        network_(std::make_shared<const NetworkRules>(o.network)) {
    if (o.audit_log) audit = std::make_unique<AuditLog>(*o.audit_log, c);
  }

  // 16 upper-case hexadecimal digits; different for each request of this process and not to be guessed from another.
  std::string next_request_id();

  // Shared with who is just judging by them.
  std::shared_ptr<const NetworkRules> network() const {
    const std::lock_guard lock(network_mutex_);
    return network_;
  }
  void set_network(NetworkRules rules) {
    auto fresh = std::make_shared<const NetworkRules>(std::move(rules));
    const std::lock_guard lock(network_mutex_);
    network_ = std::move(fresh);
  }

  const Options options;
  api::Handler& handler;
  Executor& pool;
  const Clock& clock;
  BodyBuffers buffers;
  std::counting_semaphore<> in_place;  // who receives a body into its handler's memory has one
  ReplyBudget replies;
  std::atomic<std::size_t> downloads = 0;  // replies whose body is being sent in pieces
  std::unique_ptr<AuditLog> audit;         // null: none is kept
  Counters counters;
  std::atomic<bool> stopping = false;

 private:
  mutable std::mutex network_mutex_;
  std::shared_ptr<const NetworkRules> network_;  // guarded by network_mutex_
  const std::uint64_t id_seed_ = random_u64();
  std::atomic<std::uint64_t> id_count_ = 0;
};

// Where a connection comes from.
struct Origin {
  wire::Endpoint peer;
  std::size_t listener = 0;  // its place in Options::listeners
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t amount = 1) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace objstore::http
