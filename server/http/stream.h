// A connection's byte stream, plain or TLS, whose every operation has a deadline.
//
// Deadlines cost no timer: the operation notes when it must have ended, and the I/O thread's sweep, a few times a
// second, cancels what is late. One coroutine at a time; all calls on the stream's I/O thread, but for take().
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/source.h"
#include "server/http/asio.h"
#include "server/http/outlet.h"
#include "server/http/tls_context.h"

namespace objstore::http {

using TimePoint = std::chrono::steady_clock::time_point;

// error: none, end of stream, timed_out when the deadline cut the operation, or the socket's.
struct Transfer {
  error_code error;
  std::size_t bytes = 0;
};

class Stream final : public Outlet {
 public:
  // tls: shared with the server, which may load another one meanwhile; null for plain TCP.
  Stream(Socket socket, std::shared_ptr<TlsContext> tls, const Clock& clock);
  ~Stream();

  Awaitable<error_code> handshake(TimePoint deadline);
  // At least one byte, or an error.
  Awaitable<Transfer> read_some(MutableBytes out, TimePoint deadline);
  // Some of first, then second, which may be empty. pressed_deadline counts while memory for replies is short.
  Awaitable<Transfer> write_some(ByteView first, ByteView second, TimePoint deadline, TimePoint pressed_deadline);
  // Some of the slice, by sendfile. Plain streams only. eof: the file ends before the slice does.
  Awaitable<Transfer> send_some(const FileSlice& slice, TimePoint deadline, TimePoint pressed_deadline);
  // Plain streams only; any thread, while no operation runs.
  std::size_t take(ByteView bytes) noexcept override;
  std::size_t take(const FileSlice& slice) noexcept override;
  // Says that no more will be sent, then discards what the peer still sends until it is silent, so that it can read our
  // last words: closing with unread bytes makes the kernel send a reset, which destroys them.
  Awaitable<void> close_gently(TimePoint deadline, std::uint64_t discard_bytes_max);
  // Resets the connection: the peer must notice that what it has is not the whole.
  void cut();

  // From the sweep: cancels an operation that is late.
  void expire(TimePoint now, bool is_pressed);
  // Cancels the operation that runs, if any; it ends with operation_aborted and the stream stays usable.
  void interrupt();
  // Makes this and every later operation fail.
  void abort();

  bool is_aborted() const noexcept { return aborted_; }
  bool secure() const noexcept { return tls_stream_ != nullptr; }
  const Clock& clock() const noexcept { return clock_; }

 private:
  struct TlsStream;
  Socket& socket() noexcept;
  error_code finish(error_code error);
  Awaitable<void> discard(TimePoint deadline, std::uint64_t bytes_max);

  const Clock& clock_;
  std::shared_ptr<TlsContext> tls_;
  std::unique_ptr<TlsStream> tls_stream_;  // engaged, it owns the socket
  Socket plain_;
  TimePoint deadline_ = TimePoint::max();
  TimePoint pressed_deadline_ = TimePoint::max();
  bool late_ = false;
  bool aborted_ = false;
};

}  // namespace objstore::http
