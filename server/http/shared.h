// What the server's connections share: the surroundings that they were given, their bounds and the counters. Owned by
// the server, outlives its threads; any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "common/base/digest.h"
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
};

struct Shared {
  Shared(const Options& o, api::Handler& h, Executor& p, const Clock& c)
      : options(o),
        handler(h),
        pool(p),
        clock(c),
        buffers(o.limits.large_buffers_max),
        replies(o.limits.reply_bytes_max) {}

  // 16 upper-case hexadecimal digits; different for each request of this process and not to be guessed from another.
  std::string next_request_id();

  const Options options;
  api::Handler& handler;
  Executor& pool;
  const Clock& clock;
  BodyBuffers buffers;
  ReplyBudget replies;
  Counters counters;
  std::atomic<bool> stopping = false;

 private:
  const std::uint64_t id_seed_ = random_u64();
  std::atomic<std::uint64_t> id_count_ = 0;
};

inline void count(std::atomic<std::uint64_t>& counter, std::uint64_t amount = 1) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace objstore::http
