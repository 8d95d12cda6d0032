// Replies on their way from the handler to the socket.
#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <thread>
#include <utility>

#include "common/base/log.h"
#include "server/http/connection.h"

namespace objstore::http {
namespace {

// Bodies up to this size are copied behind their head; larger ones leave beside it, in the same call.
constexpr std::size_t kInlineBodyBytesMax = 4096;
constexpr std::chrono::milliseconds kRoomPollInterval{20};

// Counts a reply that is being sent in pieces while it lives.
class Presence {
 public:
  explicit Presence(std::atomic<std::size_t>& count) : count_(count) { count_.fetch_add(1, std::memory_order_relaxed); }
  ~Presence() { count_.fetch_sub(1, std::memory_order_relaxed); }
  Presence(const Presence&) = delete;
  Presence& operator=(const Presence&) = delete;

 private:
  std::atomic<std::size_t>& count_;
};

}  // namespace

SendPace Connection::send_pace() const {
  const Timeouts& timeouts = shared_.options.timeouts;
  // A reader may pause (it may be writing what it gets to a slow disk): its grace is the stall time, not the upload's.
  return {Pace(timeouts.stall, timeouts.stall, timeouts.rate_bytes_per_second_min),
          Pace(timeouts.pressed_stall, timeouts.pressed_stall, timeouts.pressed_rate_bytes_per_second_min)};
}

std::optional<Connection::SendTerm> Connection::send_term(SendPace& pace) {
  const TimePoint start = shared_.clock.steady_now();
  const std::optional<TimePoint> deadline = pace.usual.deadline(start);
  if (!deadline) {
    count(shared_.counters.timeouts);
    return std::nullopt;
  }
  return SendTerm{start, *deadline, pace.pressed.deadline(start).value_or(start)};
}

bool Connection::has_sent(const Transfer& transfer, const SendTerm& term, SendPace& pace) {
  if (transfer.error == asio::error::timed_out) count(shared_.counters.timeouts);
  if (transfer.error) return false;
  const auto waited = shared_.clock.steady_now() - term.start;
  pace.usual.moved(transfer.bytes, waited);
  pace.pressed.moved(transfer.bytes, waited);
  count(shared_.counters.bytes_out, transfer.bytes);
  return true;
}

Awaitable<bool> Connection::send_all(ByteView first, ByteView second, SendPace& pace) {
  while (!first.empty() || !second.empty()) {
    const std::optional<SendTerm> term = send_term(pace);
    if (!term) co_return false;
    const Transfer transfer = co_await stream_.write_some(first, second, term->deadline, term->pressed_deadline);
    if (!has_sent(transfer, *term, pace)) co_return false;
    const std::size_t from_first = std::min(transfer.bytes, first.size());
    first = first.subspan(from_first);
    second = second.subspan(transfer.bytes - from_first);
  }
  co_return true;
}

Awaitable<bool> Connection::send_slice(FileSlice& slice, SendPace& pace) {
  while (slice.length > 0) {
    const std::optional<SendTerm> term = send_term(pace);
    if (!term) co_return false;
    const Transfer transfer = co_await stream_.send_some(slice, term->deadline, term->pressed_deadline);
    if (!has_sent(transfer, *term, pace)) co_return false;
    count(shared_.counters.file_bytes_out, transfer.bytes);
    slice.offset += transfer.bytes;
    slice.length -= transfer.bytes;
  }
  co_return true;
}

// False: the reply was not sent to its end, and the client must notice.
Awaitable<bool> Connection::send_reply(Call& call, Errand& errand, bool close) {
  const bool to_head = checked_.head.method == "HEAD";
  const ReplyShape shape{to_head, call.is_streaming(), close, date_.at(shared_.clock.now_ms())};
  out_.clear();
  append_reply_head(out_, call.reply(), shape);
  const bool has_body = carries_body(call.reply().status, to_head);
  if (has_body && call.is_streaming()) {
    const bool sent = co_await send_source(call, errand);
    co_return sent;
  }
  SendPace pace = send_pace();
  const std::string_view body = has_body ? std::string_view(call.reply().body) : std::string_view();
  const ReplyBudget::Hold hold(shared_.replies, body.size());
  const bool is_small = body.size() <= kInlineBodyBytesMax;
  if (is_small) out_.append(body);
  const ByteView rest = is_small ? ByteView() : as_bytes(body);
  const bool sent = co_await send_all(as_bytes(out_), rest, pace);
  if (sent) body_bytes_out_ = body.size();
  co_return sent;
}

// For two threads for each download.
bool Connection::has_processors_to_spare() const {
  static const std::size_t kProcessors = std::thread::hardware_concurrency();
  return 2 * shared_.downloads.load(std::memory_order_relaxed) <= std::max<std::size_t>(kProcessors, 2);
}

void Connection::count_passed(Call& call, SendPace& pace) {
  const Call::Passed passed = call.take_passed();
  body_bytes_out_ += passed.bytes;
  count(shared_.counters.bytes_out, passed.bytes);
  count(shared_.counters.file_bytes_out, passed.file_bytes);
  pace.usual.moved(passed.bytes, {});
  pace.pressed.moved(passed.bytes, {});
}

// While there are processors to spare, the next pieces are read on the pool while these are being sent. Of many
// downloads at once, whoever reads on the pool sends what it has read, too, until the socket takes no more: it is still
// in that processor's caches. Not by TLS, whose state is this thread's, nor before the head is out.
Awaitable<bool> Connection::send_source(Call& call, Errand& errand) {
  Call* const target = &call;
  Stream* const outlet = &stream_;
  const Presence presence(shared_.downloads);
  const std::uint64_t total = call.reply().content_length;
  SendPace pace = send_pace();
  ByteView head = as_bytes(out_);
  while (body_bytes_out_ < total) {
    if (!call.next_pieces()) {
      const bool has_room = co_await await_room(total - body_bytes_out_);
      if (!has_room) co_return false;
      if (has_processors_to_spare() || stream_.secure() || !head.empty()) {
        errand.start([target](Completion& completion) { target->pull(completion); });
      } else {
        errand.start([target, outlet](Completion& completion) { target->pass_on(*outlet, completion); });
      }
      co_await errand.wait();
      count_passed(call, pace);
    }
    if (!*call.next_pieces()) co_return false;
    std::vector<Piece> pieces = std::move(**call.next_pieces());
    call.next_pieces().reset();
    std::uint64_t bytes = 0;
    for (const Piece& piece : pieces) bytes += piece.size();
    if (bytes > total - body_bytes_out_ || (!pieces.empty() && pieces.back().size() == 0)) {
      log::error("a source does not have the announced length", {{"id", checked_.head.request_id}});
      co_return false;
    }
    const bool reads_ahead = bytes < total - body_bytes_out_ && (has_processors_to_spare() || stream_.secure()) &&
                             !shared_.replies.is_pressed();
    if (reads_ahead) errand.start([target](Completion& completion) { target->pull(completion); });
    bool sent = true;
    for (Piece& piece : pieces) {
      Piece leaving = std::move(piece);
      const std::size_t size = leaving.size();
      sent = co_await send_all(head, leaving.bytes.view(), pace);
      if (sent && leaving.slice) sent = co_await send_slice(*leaving.slice, pace);
      if (!sent) break;
      body_bytes_out_ += size;
      head = ByteView();
    }
    co_await errand.wait();
    if (!sent) co_return false;
  }
  if (head.empty()) co_return true;
  const bool sent = co_await send_all(head, ByteView(), pace);
  co_return sent;
}

// Waits until other replies have left. Slow readers are cut meanwhile, so this ends; false when it takes too long.
Awaitable<bool> Connection::await_room(std::uint64_t left) {
  if (shared_.replies.has_room(left)) co_return true;
  const TimePoint deadline = shared_.clock.steady_now() + shared_.options.timeouts.stall;
  asio::steady_timer timer(io_);
  while (!shared_.replies.has_room(left)) {
    if (stream_.is_aborted() || shared_.clock.steady_now() >= deadline) co_return false;
    timer.expires_after(kRoomPollInterval);
    co_await timer.async_wait(kAwaitTuple);
  }
  co_return true;
}

}  // namespace objstore::http
