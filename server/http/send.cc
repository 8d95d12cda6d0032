// Replies on their way from the handler to the socket.
#include <utility>

#include "common/base/log.h"
#include "server/http/connection.h"

namespace objstore::http {
namespace {

// Bodies up to this size are copied behind their head; larger ones leave beside it, in the same call.
constexpr std::size_t kInlineBodyBytesMax = 4096;

}  // namespace

Pace Connection::send_pace() const {
  const Timeouts& timeouts = shared_.options.timeouts;
  // A reader may pause (it may be writing what it gets to a slow disk): its grace is the stall time, not the upload's.
  return Pace(timeouts.stall, timeouts.stall, timeouts.rate_bytes_per_second_min);
}

Awaitable<bool> Connection::send_all(ByteView first, ByteView second, Pace& pace) {
  while (!first.empty() || !second.empty()) {
    const TimePoint start = shared_.clock.steady_now();
    const std::optional<TimePoint> deadline = pace.deadline(start);
    if (!deadline) {
      count(shared_.counters.timeouts);
      co_return false;
    }
    const Transfer transfer = co_await stream_.write_some(first, second, *deadline);
    if (transfer.error == asio::error::timed_out) count(shared_.counters.timeouts);
    if (transfer.error) co_return false;
    pace.moved(transfer.bytes, shared_.clock.steady_now() - start);
    count(shared_.counters.bytes_out, transfer.bytes);
    const std::size_t from_first = std::min(transfer.bytes, first.size());
    first = first.subspan(from_first);
    second = second.subspan(transfer.bytes - from_first);
  }
  co_return true;
}

// False: the reply was not sent to its end, and the client must notice.
Awaitable<bool> Connection::send_reply(Call& call, Errand& errand, bool close) {
  const bool to_head = checked_.head.method == "HEAD";
  const ReplyShape shape{to_head, call.is_streaming(), close, date_.at(shared_.clock.now_ms())};
  out_.clear();
  append_reply_head(out_, call.reply(), shape);
  Pace pace = send_pace();
  const bool has_body = carries_body(call.reply().status, to_head);
  if (has_body && call.is_streaming()) {
    const bool sent = co_await send_source(call, errand);
    co_return sent;
  }
  const std::string_view body = has_body ? std::string_view(call.reply().body) : std::string_view();
  const bool is_small = body.size() <= kInlineBodyBytesMax;
  if (is_small) out_.append(body);
  const ByteView rest = is_small ? ByteView() : as_bytes(body);
  const bool sent = co_await send_all(as_bytes(out_), rest, pace);
  if (sent) body_bytes_out_ = body.size();
  co_return sent;
}

// The next piece is read on the pool while this one is being sent.
Awaitable<bool> Connection::send_source(Call& call, Errand& errand) {
  Call* const target = &call;
  const std::uint64_t total = call.reply().content_length;
  Pace pace = send_pace();
  ByteView head = as_bytes(out_);
  while (body_bytes_out_ < total) {
    if (!call.next_piece() || !*call.next_piece()) co_return false;
    const Buffer piece = std::move(**call.next_piece());
    if (piece.empty() || piece.size() > total - body_bytes_out_) {
      log::error("a source does not have the announced length", {{"id", checked_.head.request_id}});
      co_return false;
    }
    const bool is_last = piece.size() == total - body_bytes_out_;
    if (!is_last) errand.start([target](Completion& completion) { target->pull(completion); });
    const bool sent = co_await send_all(head, piece.view(), pace);
    co_await errand.wait();
    if (!sent) co_return false;
    body_bytes_out_ += piece.size();
    head = ByteView();
  }
  if (head.empty()) co_return true;
  const bool sent = co_await send_all(head, ByteView(), pace);
  co_return sent;
}

}  // namespace objstore::http
