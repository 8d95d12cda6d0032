#include "server/http/connection.h"

#include <utility>

#include "server/http/access_log.h"

namespace objstore::http {
namespace {

double elapsed_ms(TimePoint from, TimePoint to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

}  // namespace

Connection::Connection(Shared& shared, const IoExecutor& io, Socket socket, std::shared_ptr<TlsContext> tls,
                       Origin origin)
    : shared_(shared), io_(io), stream_(std::move(socket), std::move(tls), shared.clock), origin_(std::move(origin)) {}

bool Connection::is_admitted() const {
  return shared_.network()->admits(origin_.listener, origin_.peer.address);
}

void Connection::stop_soon() {
  if (is_idle_) stream_.abort();
}

Awaitable<void> Connection::run() {
  const TimePoint deadline = shared_.clock.steady_now() + shared_.options.timeouts.handshake;
  const error_code shaken = co_await stream_.handshake(deadline);
  if (shaken) {
    count(shared_.counters.handshakes_failed);
    co_return;
  }
  bool more = true;
  while (more) {
    const Arrival arrival = co_await read_head();
    more = false;
    if (arrival == Arrival::kRequest) more = co_await serve();
    if (arrival == Arrival::kRefused) co_await refuse_head();
  }
  co_await end();
}

// Ends the connection as the last request left it.
Awaitable<void> Connection::end() {
  if (ending_ == Ending::kGentle) {
    const TimePoint deadline = shared_.clock.steady_now() + shared_.options.timeouts.linger;
    co_await stream_.close_gently(deadline, kLingerBytesMax);
  } else if (ending_ == Ending::kCut) {
    count(shared_.counters.replies_cut);
    stream_.cut();
  }
}

Awaitable<Connection::Arrival> Connection::read_head() {
  const Timeouts& timeouts = shared_.options.timeouts;
  HeadScanner scanner(shared_.options.limits.head);
  TimePoint start = shared_.clock.steady_now();
  checked_ = CheckedHead();
  for (;;) {
    const HeadScanner::State state = scanner.feed(input_.view());
    if (state == HeadScanner::State::kRefused) {
      // Whatever the request line says, for the log, and so that HEAD is refused without a body.
      check_request_line(input_.view().substr(0, input_.view().find("\r\n")), shared_.options.limits.head, checked_);
      fault_ = scanner.fault();
      co_return Arrival::kRefused;
    }
    if (state == HeadScanner::State::kComplete) {
      auto fault = check_head(input_.view().substr(0, scanner.length()), shared_.options.limits.head, checked_);
      input_.consume(scanner.length());
      if (!fault) co_return Arrival::kRequest;
      fault_ = std::move(*fault);
      co_return Arrival::kRefused;
    }
    is_idle_ = input_.empty();
    if (is_idle_ && shared_.stopping) co_return Arrival::kClosed;
    const bool between_requests = is_idle_ && requests_ > 0;
    const TimePoint deadline = start + (between_requests ? timeouts.idle : timeouts.head);
    const MutableBytes space = input_.space();
    const Transfer transfer = co_await stream_.read_some(space, deadline);
    is_idle_ = false;
    if (transfer.error == asio::error::timed_out && !between_requests) count(shared_.counters.timeouts);
    if (transfer.error) co_return Arrival::kClosed;
    input_.commit(transfer.bytes);
    if (between_requests) start = shared_.clock.steady_now();
  }
}

// Adds to the head what only the transport knows.
void Connection::complete_head() {
  started_ = shared_.clock.steady_now();
  Client client = client_of(*shared_.network(), origin_.peer, stream_.secure(), checked_.head.headers);
  checked_.head.secure = client.secure;
  checked_.head.peer = {std::move(client.address), origin_.peer.port};
  checked_.head.request_id = shared_.next_request_id();
  ++requests_;
  invited_ = false;
  body_bytes_out_ = 0;
  count(shared_.counters.requests_in_progress);
}

Awaitable<bool> Connection::serve() {
  complete_head();
  Call call(shared_.handler, checked_.head, shared_.replies, !stream_.secure());
  BodyReader body(stream_, input_, checked_.head, shared_.options.timeouts);
  Errand errand(io_, shared_.pool);
  co_await exchange(call, body, errand);
  if (!is_sendable(call.reply())) call.replace_unsendable();
  const bool close = must_close(call, body);
  const bool sent = co_await send_reply(call, errand, close);
  co_await give_back(call, errand);
  finish_request(call, &body, sent);
  if (!sent) {
    ending_ = Ending::kCut;
    co_return false;
  }
  ending_ = Ending::kGentle;
  if (close) co_return false;
  const bool drained = co_await body.drain(kDrainBytesMax);
  co_return drained;
}

// Whether the reply must be this connection's last.
bool Connection::must_close(Call& call, const BodyReader& body) {
  if (call.reply().close || call.crashed() || body.failure() || !checked_.keep_alive || shared_.stopping) return true;
  // Without an invitation the client may send the body or not: what comes next has two readings.
  if (checked_.expects_continue && !invited_) return true;
  if (body.finished()) return false;
  const auto remaining = body.remaining();
  return !remaining || *remaining > kDrainBytesMax;
}

Awaitable<void> Connection::refuse_head() {
  complete_head();
  count(shared_.counters.heads_refused);
  Call call(shared_.handler, checked_.head, shared_.replies);
  Errand errand(io_, shared_.pool);
  Call* const rejected = &call;
  const HeadFault* const fault = &fault_;
  errand.start(
      [rejected, fault](Completion& completion) { rejected->reject(fault->status, fault->error, completion); });
  co_await errand.wait();
  if (!is_sendable(call.reply())) call.replace_unsendable();
  const bool sent = co_await send_reply(call, errand, true);
  co_await give_back(call, errand);
  finish_request(call, nullptr, sent);
  ending_ = sent ? Ending::kGentle : Ending::kCut;
}

// What is left of the exchange goes on the pool, where it may block.
Awaitable<void> Connection::give_back(Call& call, Errand& errand) {
  if (!call.has_remains()) co_return;
  Call* const finished = &call;
  errand.start([finished](Completion& completion) { finished->abandon(completion); });
  co_await errand.wait();
}

void Connection::finish_request(Call& call, const BodyReader* body, bool sent) {
  const api::Reply& reply = call.reply();
  Counters& counters = shared_.counters;
  const std::uint64_t bytes_in = body ? body->count() : 0;
  counters.requests_in_progress.fetch_sub(1, std::memory_order_relaxed);
  count(counters.requests_by_class[static_cast<std::size_t>(reply.status) / 100 % counters.requests_by_class.size()]);
  count(counters.bytes_in, bytes_in);
  if (body && body->failure() && body->failure()->code == Errc::kTimeout) count(counters.timeouts);
  const AccessLine line{checked_.head, reply.access,    reply.status,
                        bytes_in,      body_bytes_out_, elapsed_ms(started_, shared_.clock.steady_now()),
                        sent};
  if (shared_.audit) shared_.audit->write(line);
  if (shared_.options.access_log) write_access_line(line);
}

}  // namespace objstore::http
