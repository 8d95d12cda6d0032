#include "server/http/acceptor.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <string>
#include <tuple>
#include <utility>

#include "common/base/log.h"

namespace objstore::http {
namespace {

using asio::ip::tcp;

// Without a file descriptor to spare accept() fails at once, again and again: waiting costs nothing, spinning a core.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kBacklog = 4096;
constexpr int kAcceptsAtOnce = 64;

Result<tcp::endpoint> resolve(asio::io_context& context, const Listener& listener) {
  error_code error;
  tcp::resolver resolver(context);
  const auto results = resolver.resolve(listener.host, std::to_string(listener.port), tcp::resolver::passive, error);
  if (error || results.empty()) {
    return fail(Errc::kInvalidArgument, "The address " + listener.host + " cannot be used: " + error.message());
  }
  return results.begin()->endpoint();
}

Status refused(const char* what, const error_code& error) {
  return fail(Errc::kIo, std::string("A listening socket cannot ") + what + ": " + error.message());
}

}  // namespace

wire::Endpoint endpoint_of(const tcp::endpoint& native) {
  const asio::ip::address address = native.address();
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return {asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string(), native.port()};
  }
  return {address.to_string(), native.port()};
}

Result<std::unique_ptr<Acceptor>> Acceptor::listen(asio::io_context& context, const Listener& listener) {
  OBJSTORE_ASSIGN(const tcp::endpoint endpoint, resolve(context, listener));
  std::unique_ptr<Acceptor> acceptor(new Acceptor(context));
  if (const Status opened = acceptor->open(endpoint); !opened) {
    // An operator with several listeners has to know which one.
    return fail(opened.error().code,
                listener.host + " port " + std::to_string(listener.port) + ": " + opened.error().message);
  }
  error_code error;
  acceptor->bound_ = {endpoint_of(acceptor->acceptor_.local_endpoint(error)), listener.tls};
  if (error) return std::unexpected(refused("tell its address", error).error());
  return acceptor;
}

// Options are set here and inherited by what is accepted: no system call for each connection.
Status Acceptor::open(const tcp::endpoint& endpoint) {
  error_code error;
  if (acceptor_.open(endpoint.protocol(), error)) return refused("be made", error);
  if (acceptor_.set_option(asio::socket_base::reuse_address(true), error)) return refused("be set up", error);
  if (acceptor_.set_option(tcp::no_delay(true), error)) return refused("be set up", error);
  if (endpoint.address().is_v6() && acceptor_.set_option(asio::ip::v6_only(false), error)) {
    return refused("be set up", error);
  }
  // bbr, a common default, is two to three times slower than cubic on loopback. A container may not be allowed to
  // choose.
  static constexpr std::string_view kCongestion = "cubic";
  ::setsockopt(acceptor_.native_handle(), IPPROTO_TCP, TCP_CONGESTION, kCongestion.data(),
               static_cast<socklen_t>(kCongestion.size()));
  if (acceptor_.bind(endpoint, error)) return refused("be bound", error);
  if (acceptor_.listen(kBacklog, error)) return refused("listen", error);
  if (acceptor_.non_blocking(true, error)) return refused("be set up", error);
  return {};
}

void Acceptor::start(NextContext next, Admit admit, std::move_only_function<void()> ended) {
  next_ = std::move(next);
  admit_ = std::move(admit);
  ended_ = std::move(ended);
  asio::co_spawn(context_.get_executor(), loop(), [this](const std::exception_ptr& exception) {
    if (exception) log::error("an acceptor ended with an exception");
    ended_();
  });
}

void Acceptor::close() {
  asio::post(context_, [this] {
    is_closed_ = true;
    error_code error;
    std::ignore = acceptor_.close(error);
    timer_.cancel();
  });
}

// Takes who waits in the backlog without giving way to connections in between: a turn of a busy thread's queue may be
// long, and at one new connection a turn the backlog overflows. `home` is where the next one is to live.
error_code Acceptor::take_waiting(asio::io_context*& home) {
  for (int taken = 0; taken < kAcceptsAtOnce; ++taken) {
    error_code error;
    Socket socket(home->get_executor());
    acceptor_.accept(socket, error);
    if (error == asio::error::would_block || error == asio::error::try_again) return {};
    if (error) return error;
    admit_(std::move(socket), *home);
    home = &next_();
  }
  return {};
}

Awaitable<void> Acceptor::loop() {
  asio::io_context* home = &next_();
  while (!is_closed_) {
    Socket socket(home->get_executor());
    auto [error] = co_await acceptor_.async_accept(socket, kAwaitTuple);
    if (is_closed_) co_return;
    if (!error) {
      admit_(std::move(socket), *home);
      home = &next_();
      error = take_waiting(home);
    }
    if (!error || error == asio::error::connection_aborted) continue;
    log::warn("a connection could not be accepted", {{"error", error.message()}});
    timer_.expires_after(kAcceptPause);
    co_await timer_.async_wait(kAwaitTuple);
  }
}

}  // namespace objstore::http
