#include "server/http/stream.h"

#include <sys/sendfile.h>
#include <sys/socket.h>

#include <boost/asio/ssl/stream.hpp>
#include <cerrno>
#include <tuple>
#include <utility>

#include "common/base/check.h"
#include "server/http/tls_context_asio.h"

namespace objstore::http {

struct Stream::TlsStream {
  TlsStream(Socket socket, TlsContext& context) : ssl(std::move(socket), native_context(context)) {}
  asio::ssl::stream<Socket> ssl;
};

Stream::Stream(Socket socket, std::shared_ptr<TlsContext> tls, const Clock& clock)
    : clock_(clock), tls_(std::move(tls)), plain_(std::move(socket)) {
  if (tls_) tls_stream_ = std::make_unique<TlsStream>(std::move(plain_), *tls_);
}

Stream::~Stream() = default;

Socket& Stream::socket() noexcept {
  return tls_stream_ ? tls_stream_->ssl.next_layer() : plain_;
}

error_code Stream::finish(error_code error) {
  deadline_ = pressed_deadline_ = TimePoint::max();
  const bool was_late = std::exchange(late_, false);
  return was_late && error == asio::error::operation_aborted ? error_code(asio::error::timed_out) : error;
}

Awaitable<error_code> Stream::handshake(TimePoint deadline) {
  if (!tls_stream_) co_return error_code();
  if (aborted_) co_return asio::error::operation_aborted;
  deadline_ = deadline;
  const auto [error] = co_await tls_stream_->ssl.async_handshake(asio::ssl::stream_base::server, kAwaitTuple);
  co_return finish(error);
}

Awaitable<Transfer> Stream::read_some(MutableBytes out, TimePoint deadline) {
  if (aborted_) co_return Transfer{asio::error::operation_aborted, 0};
  deadline_ = deadline;
  const asio::mutable_buffer target(out.data(), out.size());
  if (tls_stream_) {
    const auto [error, bytes] = co_await tls_stream_->ssl.async_read_some(target, kAwaitTuple);
    co_return Transfer{finish(error), bytes};
  }
  const auto [error, bytes] = co_await plain_.async_read_some(target, kAwaitTuple);
  co_return Transfer{finish(error), bytes};
}

Awaitable<Transfer> Stream::write_some(ByteView first, ByteView second, TimePoint deadline,
                                       TimePoint pressed_deadline) {
  if (aborted_) co_return Transfer{asio::error::operation_aborted, 0};
  deadline_ = deadline;
  pressed_deadline_ = pressed_deadline;
  const std::array<asio::const_buffer, 2> parts = {asio::const_buffer(first.data(), first.size()),
                                                   asio::const_buffer(second.data(), second.size())};
  if (tls_stream_) {
    const auto [error, bytes] = co_await tls_stream_->ssl.async_write_some(parts, kAwaitTuple);
    co_return Transfer{finish(error), bytes};
  }
  const auto [error, bytes] = co_await plain_.async_write_some(parts, kAwaitTuple);
  co_return Transfer{finish(error), bytes};
}

Awaitable<Transfer> Stream::send_some(const FileSlice& slice, TimePoint deadline, TimePoint pressed_deadline) {
  CHECK(!tls_stream_);
  for (;;) {
    if (aborted_) co_return Transfer{asio::error::operation_aborted, 0};
    error_code error;
    if (!plain_.native_non_blocking()) plain_.native_non_blocking(true, error);
    if (error) co_return Transfer{error, 0};
    auto offset = static_cast<off_t>(slice.offset);
    const ssize_t sent = ::sendfile(plain_.native_handle(), slice.descriptor, &offset, slice.length);
    if (sent > 0) co_return Transfer{error_code(), static_cast<std::size_t>(sent)};
    if (sent == 0) co_return Transfer{asio::error::eof, 0};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) co_return Transfer{error_code(errno, boost::system::system_category()), 0};
    deadline_ = deadline;
    pressed_deadline_ = pressed_deadline;
    const auto [waited] = co_await plain_.async_wait(Socket::wait_write, kAwaitTuple);
    error = finish(waited);
    if (error) co_return Transfer{error, 0};
  }
}

std::size_t Stream::take(ByteView bytes) noexcept {
  const ssize_t sent = ::send(plain_.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

std::size_t Stream::take(const FileSlice& slice) noexcept {
  error_code error;
  if (!plain_.native_non_blocking()) plain_.native_non_blocking(true, error);
  if (error) return 0;
  auto offset = static_cast<off_t>(slice.offset);
  const ssize_t sent = ::sendfile(plain_.native_handle(), slice.descriptor, &offset, slice.length);
  return sent > 0 ? static_cast<std::size_t>(sent) : 0;
}

Awaitable<void> Stream::close_gently(TimePoint deadline, std::uint64_t discard_bytes_max) {
  if (tls_stream_ && !aborted_) {
    deadline_ = deadline;
    const auto [error] = co_await tls_stream_->ssl.async_shutdown(kAwaitTuple);
    std::ignore = finish(error);
  }
  error_code error;
  std::ignore = socket().shutdown(asio::socket_base::shutdown_send, error);
  co_await discard(deadline, discard_bytes_max);
  std::ignore = socket().close(error);
}

Awaitable<void> Stream::discard(TimePoint deadline, std::uint64_t bytes_max) {
  static constexpr std::size_t kPieceBytes = 4096;
  std::array<std::byte, kPieceBytes> waste;
  const asio::mutable_buffer target(waste.data(), waste.size());
  std::uint64_t discarded = 0;
  while (!aborted_ && discarded < bytes_max && clock_.steady_now() < deadline) {
    deadline_ = deadline;
    const auto [error, bytes] = co_await socket().async_read_some(target, kAwaitTuple);
    if (finish(error)) break;
    discarded += bytes;
  }
}

void Stream::cut() {
  error_code error;
  std::ignore = socket().set_option(asio::socket_base::linger(true, 0), error);
  std::ignore = socket().close(error);
  aborted_ = true;
}

void Stream::expire(TimePoint now, bool is_pressed) {
  if (now < deadline_ && !(is_pressed && now >= pressed_deadline_)) return;
  deadline_ = pressed_deadline_ = TimePoint::max();
  late_ = true;
  interrupt();
}

void Stream::interrupt() {
  error_code error;
  std::ignore = socket().cancel(error);
}

void Stream::abort() {
  aborted_ = true;
  interrupt();
}

}  // namespace objstore::http
