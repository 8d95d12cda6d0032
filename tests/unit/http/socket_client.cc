#include "tests/unit/http/socket_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <thread>

#include "common/base/check.h"

namespace objstore::http::testing {
namespace {

constexpr std::chrono::milliseconds kPatience{20'000};

std::size_t content_length(std::string_view head) {
  const std::size_t at = head.find("\r\nContent-Length: ");
  if (at == std::string_view::npos) return 0;
  return std::strtoull(head.data() + at + 18, nullptr, 10);
}

}  // namespace

SocketClient::SocketClient(std::uint16_t port, int receive_buffer_bytes, UnconnectedSocket socket) : fd_(socket.fd) {
  CHECK(fd_ >= 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(receive_buffer_bytes));
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  set_patience(kPatience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
}

SocketClient::~SocketClient() {
  ::close(fd_);
}

void SocketClient::set_patience(std::chrono::milliseconds patience) {
  const timeval time{patience.count() / 1000, (patience.count() % 1000) * 1000};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof(time));
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof(time));
}

bool SocketClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool SocketClient::send_slowly(std::string_view bytes, std::chrono::milliseconds between) {
  for (const char byte : bytes) {
    if (!send({&byte, 1})) return false;
    std::this_thread::sleep_for(between);
  }
  return true;
}

void SocketClient::finish_sending() {
  ::shutdown(fd_, SHUT_WR);
}

bool SocketClient::fill() {
  std::array<char, 65'536> piece;
  const ssize_t count = ::recv(fd_, piece.data(), piece.size(), 0);
  if (count < 0 && errno == ECONNRESET) was_reset_ = true;
  if (count <= 0) return false;
  pending_.append(piece.data(), static_cast<std::size_t>(count));
  return true;
}

std::optional<Answer> SocketClient::read_answer(bool has_body) {
  std::size_t end = 0;
  while ((end = pending_.find("\r\n\r\n")) == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  Answer answer;
  answer.head = pending_.substr(0, end + 2);
  answer.status = std::atoi(answer.head.c_str() + std::string_view("HTTP/1.1 ").size());
  pending_.erase(0, end + 4);
  const std::size_t length = has_body ? content_length(answer.head) : 0;
  while (pending_.size() < length) {
    if (!fill()) return std::nullopt;
  }
  answer.body = pending_.substr(0, length);
  pending_.erase(0, length);
  return answer;
}

std::string SocketClient::read_bytes(std::size_t count) {
  while (pending_.size() < count && fill()) {
  }
  std::string bytes = pending_.substr(0, count);
  pending_.erase(0, count);
  return bytes;
}

bool SocketClient::is_closed() {
  if (!pending_.empty()) return false;
  char byte = 0;
  const ssize_t count = ::recv(fd_, &byte, 1, 0);
  if (count > 0) pending_.push_back(byte);
  if (count < 0 && errno == ECONNRESET) was_reset_ = true;
  return count == 0 || (count < 0 && errno == ECONNRESET);
}

}  // namespace objstore::http::testing
