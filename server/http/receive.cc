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

// One stretch of memory is filled from the socket while the other is being written by the handler. They belong to the
// handler's sink where it has any for a large body, which needs no copy then, else they are buffers of the transport.
class Connection::Intake {
 public:
  Intake(Call& call, Shared& shared, const BodyReader& body)
      : call_(call), shared_(shared), body_(body), may_be_in_place_(is_large(body) && shared.in_place.try_acquire()) {
    if (may_be_in_place_) room_ = call.room(kLargeBufferBytes);
    is_in_place_ = room_.buffer != nullptr;
    if (!is_in_place_) filling_ = shared.buffers.acquire(body.remaining());
  }
  ~Intake() {
    if (may_be_in_place_) shared_.in_place.release();
  }
  Intake(const Intake&) = delete;
  Intake& operator=(const Intake&) = delete;

  MutableBytes space() { return is_in_place_ ? room_.bytes : filling_->storage(); }
  // Between stages: makes place for more, while what has been filled stays as it is until the next call.
  void turn() {
    if (is_in_place_) {
      full_room_ = std::exchange(room_, call_.room(kLargeBufferBytes));
      return;
    }
    std::swap(filling_, writing_);
    if (!filling_) filling_ = shared_.buffers.acquire(body_.remaining());
  }

 private:
  static bool is_large(const BodyReader& body) { return body.remaining().value_or(0) > api::kLargeBodyBytes; }

  Call& call_;
  Shared& shared_;
  const BodyReader& body_;
  const bool may_be_in_place_;
  bool is_in_place_ = false;
  Room room_;
  Room full_room_;
  BodyBuffers::Lease filling_;
  BodyBuffers::Lease writing_;
};

Awaitable<void> Connection::receive_stream(Call& call, BodyReader& body, Errand& errand) {
  Call* const target = &call;
  Intake intake(call, shared_, body);
  for (;;) {
    const MutableBytes space = intake.space();
    std::size_t filled = 0;
    while (filled < space.size() && !body.finished() && !body.failure()) {
      const MutableBytes rest = space.subspan(filled);
      const std::size_t received = co_await body.read(rest);
      filled += received;
    }
    co_await errand.wait();
    if (call.has_reply() || body.failure()) co_return;
    const ByteView bytes = space.first(filled);
    if (body.finished()) {
      errand.start([target, bytes](Completion& completion) { target->finish_stream(bytes, completion); });
      co_await errand.wait();
      co_return;
    }
    intake.turn();
    if (call.has_reply()) co_return;  // there was no memory
    errand.start([target, bytes](Completion& completion) { target->write(bytes, completion); });
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
