// Bodies on their way from the socket to the handler.
#include <algorithm>
#include <utility>

#include "server/http/connection.h"

namespace objstore::http {

// From the checked head to a reply in `call`.
Awaitable<void> Connection::exchange(Call& call, BodyReader& body, Errand& errand) {
  Call* const started = &call;
  // botocore takes a final answer to an expectation for a refusal, and the connection is lost to it: who expects 100
  // gets it, also when the body is here already.
  const std::optional<ByteView> whole = checked_.expects_continue ? std::nullopt : body.whole();
  errand.start([started, whole](Completion& completion) { started->begin(whole, completion); });
  co_await errand.wait();
  if (whole) {
    body.take_whole();
  } else if (!call.has_reply() && call.wants() != Call::Wants::kNothing) {
    co_await receive_body(call, body, errand);
  }
  if (!call.must_take()) co_return;
  call.take();
  if (!call.reply().source) co_return;
  errand.start([started](Completion& completion) { started->prepare(completion); });
  co_await errand.wait();
}

Awaitable<void> Connection::receive_body(Call& call, BodyReader& body, Errand& errand) {
  if (checked_.expects_continue) {
    const bool is_sent = co_await invite_body();
    if (!is_sent) stream_.abort();
  }
  invited_ = true;
  if (call.wants() == Call::Wants::kDocument) {
    co_await receive_document(call, body, errand);
  } else {
    co_await receive_stream(call, body, errand);
  }
  if (!body.failure() || call.has_reply()) co_return;
  Call* const refused = &call;
  const Error* const failure = &*body.failure();
  errand.start([refused, failure](Completion& completion) { refused->refuse(*failure, completion); });
  co_await errand.wait();
}

Awaitable<bool> Connection::invite_body() {
  static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  SendPace pace = send_pace();
  const bool is_sent = co_await send_all(as_bytes(kContinue), ByteView(), pace);
  co_return is_sent;
}

// One buffer is filled from the socket while the other is being written by the handler.
Awaitable<void> Connection::receive_stream(Call& call, BodyReader& body, Errand& errand) {
  Call* const target = &call;
  BodyBuffers::Lease filling = shared_.buffers.acquire(body.remaining());
  BodyBuffers::Lease writing;
  for (;;) {
    std::size_t filled = 0;
    while (filled < filling->capacity() && !body.finished() && !body.failure()) {
      const MutableBytes space = filling->storage().subspan(filled);
      const std::size_t received = co_await body.read(space);
      filled += received;
    }
    co_await errand.wait();
    if (call.has_reply() || body.failure()) co_return;
    filling->set_window(0, filled);
    std::swap(filling, writing);
    const ByteView bytes = writing->view();
    if (body.finished()) {
      errand.start([target, bytes](Completion& completion) { target->finish_stream(bytes, completion); });
      co_await errand.wait();
      co_return;
    }
    errand.start([target, bytes](Completion& completion) { target->write(bytes, completion); });
    if (!filling) filling = shared_.buffers.acquire(body.remaining());
  }
}

Awaitable<void> Connection::receive_document(Call& call, BodyReader& body, Errand& errand) {
  static const Error kTooLargeError{Errc::kTooLarge, "The body is larger than this operation takes."};
  Call* const target = &call;
  const std::uint64_t limit = call.document_limit();
  BodyBuffers::Lease buffer = shared_.buffers.acquire(kSmallBufferBytes);
  std::string document;
  bool is_too_large = body.remaining().value_or(0) > limit;
  while (!is_too_large && !body.finished() && !body.failure()) {
    const MutableBytes space = buffer->storage();
    const std::size_t received = co_await body.read(space);
    document.append(as_text(space.first(received)));
    is_too_large = document.size() > limit;
  }
  if (is_too_large) {
    errand.start([target](Completion& completion) { target->refuse(kTooLargeError, completion); });
  } else if (!body.failure()) {
    std::string* const text = &document;
    errand.start([target, text](Completion& completion) { target->finish_document(std::move(*text), completion); });
  }
  co_await errand.wait();
}

}  // namespace objstore::http
