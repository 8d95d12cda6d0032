#include "client/lib/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "client/lib/stream.h"

namespace objstore::client {
namespace {

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

Result<AddressList> resolve(const Endpoint& endpoint) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int rc = getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &list);
  if (rc != 0) {
    return fail(Errc::kUnreachable, "cannot resolve '" + endpoint.host + "': " + gai_strerror(rc));
  }
  return AddressList(list);
}

int socket_error(int fd) {
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
  return error;
}

std::unexpected<Error> no_connection(int error) {
  return fail(Errc::kUnreachable, std::strerror(error));
}

Result<Socket> connect_to(const addrinfo& address, std::chrono::milliseconds timeout, const std::stop_token& stop) {
  Socket socket(::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (socket.fd() < 0) return no_connection(errno);
  // Requests are written in one piece or in large ones; waiting for more only costs 40 ms.
  const int on = 1;
  setsockopt(socket.fd(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::connect(socket.fd(), address.ai_addr, address.ai_addrlen) == 0) return socket;
  if (errno != EINPROGRESS) return no_connection(errno);
  OBJSTORE_TRY(wait_for(socket.fd(), POLLOUT, timeout, stop));
  if (const int error = socket_error(socket.fd()); error != 0) return no_connection(error);
  return socket;
}

}  // namespace

Socket& Socket::operator=(Socket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Result<Socket> Socket::connect(const Endpoint& endpoint, std::chrono::milliseconds timeout,
                               const std::stop_token& stop) {
  OBJSTORE_ASSIGN(const AddressList addresses, resolve(endpoint));
  Error last{Errc::kUnreachable, "'" + endpoint.host + "' has no address"};
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    auto socket = connect_to(*address, timeout, stop);
    if (socket) return socket;
    last = std::move(socket.error());
    if (last.code == Errc::kCancelled) break;
  }
  if (last.code == Errc::kCancelled) return std::unexpected(std::move(last));
  return fail(last.code == Errc::kTimeout ? Errc::kTimeout : Errc::kUnreachable,
              "cannot connect to " + endpoint.authority() + ": " + last.message);
}

Status wait_for(int fd, short events, std::chrono::milliseconds timeout, const std::stop_token& stop) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (true) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() < 0) return fail(Errc::kTimeout, "no answer within " + std::to_string(timeout.count()) + " ms");
    // In slices: a stop token has no descriptor that poll could watch.
    const auto slice = stop.stop_possible() ? std::min(left, kStopCheck) : left;
    pollfd entry{.fd = fd, .events = events, .revents = 0};
    const int rc = ::poll(&entry, 1, static_cast<int>(slice.count()));
    if (rc > 0) return {};
    if (rc < 0 && errno != EINTR) return fail(Errc::kUnreachable, std::strerror(errno));
  }
}

}  // namespace objstore::client
