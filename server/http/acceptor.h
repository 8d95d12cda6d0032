// A listening socket and the loop that hands its connections out. Lives on one I/O thread.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "server/http/asio.h"
#include "server/http/server.h"

namespace objstore::http {

class Acceptor {
 public:
  // Where an accepted socket is to live, and what becomes of it then.
  using NextContext = std::function<asio::io_context&()>;
  using Admit = std::function<void(Socket socket, asio::io_context& context)>;

  // kInvalidArgument for a host that cannot be resolved, kIo when the system refuses.
  static Result<std::unique_ptr<Acceptor>> listen(asio::io_context& context, const Listener& listener);

  const Bound& bound() const noexcept { return bound_; }
  // Accepts until close(); `ended` is called on the I/O thread afterwards. Before the thread runs, or on it.
  void start(NextContext next, Admit admit, std::move_only_function<void()> ended);
  // Any thread.
  void close();

 private:
  using Native = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;
  explicit Acceptor(asio::io_context& context) : context_(context), acceptor_(context), timer_(context) {}
  Status open(const asio::ip::tcp::endpoint& endpoint);
  Awaitable<void> loop();
  error_code take_waiting(asio::io_context*& home);

  asio::io_context& context_;
  Native acceptor_;
  asio::steady_timer timer_;
  bool is_closed_ = false;
  Bound bound_;
  NextContext next_;
  Admit admit_;
  std::move_only_function<void()> ended_;
};

// Numeric, with IPv4-mapped IPv6 addresses written as IPv4.
wire::Endpoint endpoint_of(const asio::ip::tcp::endpoint& native);

}  // namespace objstore::http
