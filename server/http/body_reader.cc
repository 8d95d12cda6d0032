#include "server/http/body_reader.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace objstore::http {

BodyReader::BodyReader(Stream& stream, InputBuffer& input, const wire::RequestHead& head, const Timeouts& timeouts)
    : stream_(stream),
      input_(input),
      pace_(timeouts.body_grace, timeouts.stall, timeouts.rate_bytes_per_second_min),
      left_(head.content_length.value_or(0)) {
  if (head.chunked) chunks_.emplace();
}

bool BodyReader::finished() const noexcept {
  return chunks_ ? chunks_->finished() : left_ == 0;
}

std::optional<ByteView> BodyReader::whole() const noexcept {
  if (chunks_ || left_ > input_.size()) return std::nullopt;
  return as_bytes(input_.view().substr(0, static_cast<std::size_t>(left_)));
}

void BodyReader::take_whole() {
  input_.consume(static_cast<std::size_t>(left_));
  count_ += left_;
  left_ = 0;
}

std::optional<std::uint64_t> BodyReader::remaining() const noexcept {
  if (chunks_) return chunks_->finished() ? std::optional<std::uint64_t>(0) : std::nullopt;
  return left_;
}

// Data bytes that may follow before framing does.
std::uint64_t BodyReader::readable() const noexcept {
  return chunks_ ? chunks_->data_remaining() : left_;
}

void BodyReader::took(std::size_t count) noexcept {
  count_ += count;
  if (chunks_) {
    chunks_->take_data(count);
  } else {
    left_ -= count;
  }
}

std::size_t BodyReader::failed(Errc code, const char* message) {
  failure_ = Error{code, message};
  return 0;
}

std::size_t BodyReader::take_buffered(MutableBytes out) {
  const std::uint64_t count = std::min<std::uint64_t>({readable(), out.size(), input_.size()});
  if (count == 0) return 0;
  std::memcpy(out.data(), input_.view().data(), static_cast<std::size_t>(count));
  input_.consume(static_cast<std::size_t>(count));
  took(static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

// Reads from the stream at the body's pace; 0 and a failure when nothing comes.
Awaitable<std::size_t> BodyReader::receive(MutableBytes out) {
  const TimePoint start = stream_.clock().steady_now();
  const std::optional<TimePoint> deadline = pace_.deadline(start);
  if (!deadline) co_return failed(Errc::kTimeout, "The body arrives too slowly.");
  const Transfer transfer = co_await stream_.read_some(out, *deadline);
  if (transfer.error == asio::error::timed_out) co_return failed(Errc::kTimeout, "The body arrives too slowly.");
  if (transfer.error) co_return failed(Errc::kIncompleteBody, "The connection ended before the body did.");
  pace_.moved(transfer.bytes, stream_.clock().steady_now() - start);
  co_return transfer.bytes;
}

// Reads framing until data, the end or a failure is next. False: no data follows.
Awaitable<bool> BodyReader::next_chunk() {
  while (chunks_->data_remaining() == 0 && !chunks_->finished()) {
    if (input_.empty()) {
      const MutableBytes space = input_.space();
      const std::size_t received = co_await receive(space);
      if (received == 0) co_return false;
      input_.commit(received);
    }
    const std::size_t used = chunks_->consume(input_.view());
    input_.consume(used);
    if (chunks_->fault()) {
      failure_ = chunks_->fault();
      co_return false;
    }
  }
  co_return !chunks_->finished();
}

Awaitable<std::size_t> BodyReader::read(MutableBytes out) {
  if (failure_ || finished() || out.empty()) co_return 0;
  if (chunks_) {
    const bool has_data = co_await next_chunk();
    if (!has_data) co_return 0;
  }
  const std::size_t buffered = take_buffered(out);
  std::size_t taken = buffered;
  if (buffered == 0) {
    const MutableBytes window = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(readable(), out.size())));
    taken = co_await receive(window);
    took(taken);
  }
  // The end of a chunked body is part of its last read: who has the last byte wants to know that it is the last.
  if (chunks_ && taken > 0 && chunks_->data_remaining() == 0 && !input_.empty()) {
    const std::size_t used = chunks_->consume(input_.view());
    input_.consume(used);
    if (chunks_->fault()) failure_ = chunks_->fault();
  }
  co_return taken;
}

Awaitable<bool> BodyReader::drain(std::uint64_t bytes_max) {
  static constexpr std::size_t kPieceBytes = 4096;
  std::array<std::byte, kPieceBytes> waste;
  std::uint64_t drained = 0;
  while (!finished() && !failure_ && drained < bytes_max) {
    const MutableBytes piece(waste);
    const std::size_t read_now = co_await read(piece);
    drained += read_now;
  }
  co_return finished() && !failure_;
}

}  // namespace objstore::http
