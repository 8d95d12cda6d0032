#include "server/http/server.h"

#include <malloc.h>

#include <algorithm>
#include <latch>
#include <mutex>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"
#include "server/http/acceptor.h"
#include "server/http/census.h"
#include "server/http/io_thread.h"
#include "server/http/tls_context.h"

namespace objstore::http {

std::string Shared::next_request_id() {
  // splitmix64 of a counter: a bijection, so that no id comes twice, from a random start.
  std::uint64_t x = id_seed_ + id_count_.fetch_add(1, std::memory_order_relaxed) * 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  x ^= x >> 31;
  std::string id(16, '0');
  for (std::size_t i = id.size(); i-- > 0; x >>= 4) id[i] = "0123456789ABCDEF"[x & 15];
  return id;
}

namespace {

// The allocator keeps what a crowd of connections has freed, some 200 KB of each.
void give_memory_back() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace

struct Server::Impl {
  Impl(const Options& o, api::Handler& h, Executor& p, const Clock& c) : shared(o, h, p, c), connections(o.limits) {}

  Status listen();
  void run();
  void stop(std::chrono::milliseconds grace);
  Status load_tls();
  Status reopen_audit_log() { return shared.audit ? shared.audit->open() : Status(); }
  void admit(Socket socket, asio::io_context& home, bool is_tls, std::size_t listener);

  Shared shared;
  Census connections;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::vector<std::unique_ptr<Acceptor>> acceptors;
  std::optional<std::latch> acceptors_open;
  std::size_t next_thread = 0;  // of the first I/O thread
  bool is_running = false;
  std::mutex tls_mutex;
  std::shared_ptr<TlsContext> tls;  // guarded by tls_mutex
};

Status Server::Impl::load_tls() {
  OBJSTORE_ASSIGN(auto loaded, TlsContext::load(shared.options.certificate_file, shared.options.private_key_file));
  std::lock_guard lock(tls_mutex);
  tls = std::move(loaded);
  return {};
}

Status Server::Impl::listen() {
  const auto& listeners = shared.options.listeners;
  OBJSTORE_TRY(reopen_audit_log());
  if (std::ranges::any_of(listeners, &Listener::tls)) OBJSTORE_TRY(load_tls());
  for (std::size_t i = 0; i < std::max<std::size_t>(shared.options.io_threads, 1); ++i) {
    threads.push_back(std::make_unique<IoThread>(shared));
  }
  for (const Listener& listener : listeners) {
    OBJSTORE_ASSIGN(auto acceptor, Acceptor::listen(threads.front()->context(), listener));
    acceptors.push_back(std::move(acceptor));
  }
  return {};
}

// Connections go round the threads; the acceptors all live on the first one.
void Server::Impl::run() {
  acceptors_open.emplace(static_cast<std::ptrdiff_t>(acceptors.size()));
  for (std::size_t listener = 0; listener < acceptors.size(); ++listener) {
    const auto& acceptor = acceptors[listener];
    const bool is_tls = acceptor->bound().tls;
    acceptor->start([this]() -> asio::io_context& { return threads[next_thread++ % threads.size()]->context(); },
                    [this, is_tls, listener](Socket socket, asio::io_context& home) {
                      admit(std::move(socket), home, is_tls, listener);
                    },
                    [this] { acceptors_open->count_down(); });
  }
  for (const auto& thread : threads) thread->start();
  is_running = true;
}

// Over a limit, or where it may not come from, a connection is closed at once: a reply would cost what the limit is
// there to save.
void Server::Impl::admit(Socket socket, asio::io_context& home, bool is_tls, std::size_t listener) {
  error_code error;
  wire::Endpoint peer = endpoint_of(socket.remote_endpoint(error));
  if (error || shared.stopping || !shared.network()->admits(listener, peer.address) ||
      !connections.enter(peer.address)) {
    count(shared.counters.connections_refused);
    return;
  }
  count(shared.counters.connections_accepted);
  std::shared_ptr<TlsContext> context;
  if (is_tls) {
    std::lock_guard lock(tls_mutex);
    context = tls;
  }
  const auto thread = std::ranges::find(threads, &home, [](const auto& t) { return &t->context(); });
  const std::string address = peer.address;
  (*thread)->adopt(std::move(socket), std::move(context), Origin{std::move(peer), listener}, [this, address] {
    if (connections.leave(address) && !shared.stopping) shared.pool.post(give_memory_back);
  });
}

void Server::Impl::stop(std::chrono::milliseconds grace) {
  if (!std::exchange(is_running, false)) return;
  shared.stopping = true;
  for (const auto& acceptor : acceptors) acceptor->close();
  acceptors_open->wait();
  for (const auto& thread : threads) thread->stop_soon();
  if (!connections.wait_until_empty(grace)) {
    log::warn("connections are cut", {{"count", static_cast<std::int64_t>(connections.total())}});
    for (const auto& thread : threads) thread->abort();
    connections.wait_until_empty();
  }
  for (const auto& thread : threads) thread->join();
}

Server::Server(const Options& options, api::Handler& handler, Executor& pool, const Clock& clock)
    : impl_(std::make_unique<Impl>(options, handler, pool, clock)) {}

Server::~Server() {
  impl_->stop(std::chrono::milliseconds(0));
}

Result<std::vector<Bound>> Server::start() {
  CHECK(impl_->threads.empty());
  OBJSTORE_TRY(impl_->listen());
  impl_->run();
  std::vector<Bound> bound;
  for (const auto& acceptor : impl_->acceptors) bound.push_back(acceptor->bound());
  return bound;
}

void Server::stop(std::chrono::milliseconds grace) {
  impl_->stop(grace);
}

void Server::set_network(NetworkRules rules) {
  impl_->shared.set_network(std::move(rules));
  for (const auto& thread : impl_->threads) thread->review();
}

Status Server::reopen_audit_log() {
  return impl_->reopen_audit_log();
}

Status Server::reload_certificates() {
  if (std::ranges::none_of(impl_->shared.options.listeners, &Listener::tls)) return {};
  return impl_->load_tls();
}

Stats Server::stats() const {
  const Counters& counters = impl_->shared.counters;
  const auto read = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  Stats stats;
  stats.connections_open = impl_->connections.total();
  stats.connections_accepted = read(counters.connections_accepted);
  stats.connections_refused = read(counters.connections_refused);
  stats.handshakes_failed = read(counters.handshakes_failed);
  for (std::size_t i = 0; i < stats.requests_by_class.size(); ++i) {
    stats.requests_by_class[i] = read(counters.requests_by_class[i]);
  }
  stats.requests_in_progress = read(counters.requests_in_progress);
  stats.heads_refused = read(counters.heads_refused);
  stats.timeouts = read(counters.timeouts);
  stats.replies_cut = read(counters.replies_cut);
  stats.bytes_in = read(counters.bytes_in);
  stats.bytes_out = read(counters.bytes_out);
  stats.file_bytes_out = read(counters.file_bytes_out);
  return stats;
}

}  // namespace objstore::http
