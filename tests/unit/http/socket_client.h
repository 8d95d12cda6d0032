// A blocking BSD-socket client for tests: sends exactly the bytes that it is given and shows what comes back. One
// thread.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::http::testing {

// A reply, parsed no further than a test needs it.
struct Answer {
  int status = 0;
  std::string head;  // status line and headers
  std::string body;
  bool has(std::string_view header_line) const { return head.find(header_line) != std::string::npos; }
};

// For a client that has its descriptor before it connects.
struct UnconnectedSocket {
  int fd = ::socket(AF_INET, SOCK_STREAM, 0);
};

class SocketClient {
 public:
  explicit SocketClient(std::uint16_t port, int receive_buffer_bytes = 0, UnconnectedSocket socket = {});
  ~SocketClient();
  SocketClient(const SocketClient&) = delete;
  SocketClient& operator=(const SocketClient&) = delete;

  // Both false when the peer has closed.
  bool send(std::string_view bytes);
  bool send_slowly(std::string_view bytes, std::chrono::milliseconds between);
  void finish_sending();  // half-closes
  // The next reply; nothing when the connection ends or `patience` passes before it is complete. has_body: false for
  // HEAD.
  std::optional<Answer> read_answer(bool has_body = true);
  // Reads up to `count` bytes, fewer at the end.
  std::string read_bytes(std::size_t count);
  // True when the peer has closed (or reset) and nothing more was to be read.
  bool is_closed();
  // True when the end was a reset.
  bool was_reset() const noexcept { return was_reset_; }
  int fd() const noexcept { return fd_; }
  void set_patience(std::chrono::milliseconds patience);

 private:
  bool fill();
  int fd_ = -1;
  bool was_reset_ = false;
  std::string pending_;
};

}  // namespace objstore::http::testing
