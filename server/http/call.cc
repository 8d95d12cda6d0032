#include "server/http/call.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "common/base/check.h"
#include "common/base/log.h"

namespace objstore::http {
namespace {

constexpr int kInternalError = 500;
constexpr int kServiceUnavailable = 503;

// An error that reached the transport was meant for no front end: either the service cannot now, or it is our fault.
int status_of(Errc code) {
  switch (code) {
    case Errc::kUnavailable:
    case Errc::kNoSpace:
    case Errc::kTimeout:
    case Errc::kCancelled:
      return kServiceUnavailable;
    default:
      return kInternalError;
  }
}

}  // namespace

// Runs handler code. False: an exception came out of it, and the reply is 500.
template <typename Stage>
bool Call::guarded(Stage stage) noexcept {
  std::string what;
  try {
    stage();
    return true;
  } catch (const std::exception& e) {
    what = e.what();
  } catch (...) {
    what = "something that is no exception";
  }
  log::error("a handler threw", {{"id", head_.request_id}, {"method", head_.method}, {"what", what}});
  crashed_ = true;
  ticket_.reset();
  fail(kInternalError, Error{Errc::kInternal, "We encountered an internal error. Please try again."});
  return false;
}

void Call::fail(int status, const Error& error) {
  try {
    reply_ = handler_.refuse_head(head_, status, error);
  } catch (const std::exception& e) {
    log::error("a handler threw while refusing", {{"id", head_.request_id}, {"what", e.what()}});
    crashed_ = true;
    reply_.emplace();
    reply_->status = status;
  }
}

api::Reply& Call::reply() {
  CHECK(reply_.has_value());
  return *reply_;
}

void Call::accept(api::Exchange exchange) {
  if (auto* ticket = std::get_if<Ticket<api::Reply>>(&exchange)) {
    ticket_.emplace(std::move(*ticket));
  } else if (auto* document = std::get_if<api::ReadDocument>(&exchange)) {
    document_.emplace(std::move(*document));
    wants_ = Wants::kDocument;
  } else {
    sink_ = std::move(std::get<std::unique_ptr<api::Sink>>(exchange));
    CHECK(sink_ != nullptr);
    wants_ = Wants::kStream;
  }
}

void Call::begin(std::optional<ByteView> body, Completion& completion) {
  guarded([&] {
    accept(handler_.begin(head_));
    if (!body) return;
    if (sink_) {
      write_all(*body);
      if (!reply_) ticket_.emplace(sink_->finish());
    } else if (document_ && body->size() > document_->limit) {
      reply_ = document_->refuse(Error{Errc::kTooLarge, "The body is larger than this operation takes."});
    } else if (document_) {
      ticket_.emplace(document_->then(std::string(as_text(*body))));
    }
  });
  settle(completion);
}

void Call::write_all(ByteView bytes) {
  if (bytes.empty()) return;
  const Status written = sink_->write(bytes);
  if (written) return;
  reply_ = sink_->refuse(written.error());
  sink_.reset();
}

Room Call::room(std::size_t bytes) {
  Room room;
  if (sink_) guarded([&] { room = sink_->room(bytes); });
  return room;
}

void Call::write(ByteView bytes, Completion& completion) {
  guarded([&] { write_all(bytes); });
  completion.done();
}

void Call::finish_stream(ByteView bytes, Completion& completion) {
  guarded([&] {
    write_all(bytes);
    if (!reply_) ticket_.emplace(sink_->finish());
  });
  settle(completion);
}

void Call::finish_document(std::string body, Completion& completion) {
  guarded([&] { ticket_.emplace(document_->then(std::move(body))); });
  settle(completion);
}

void Call::reject(int status, const Error& error, Completion& completion) {
  guarded([&] { fail(status, error); });
  completion.done();
}

void Call::refuse(const Error& error, Completion& completion) {
  guarded([&] { reply_ = sink_ ? sink_->refuse(error) : document_->refuse(error); });
  completion.done();
}

void Call::prepare(Completion& completion) {
  guarded([&] { pull_first(); });
  completion.done();
}

void Call::pull(Completion& completion) {
  read_source(kPullBytes);
  completion.done();
}

void Call::pass_on(Outlet& outlet, Completion& completion) {
  read_source(kPassBytes, &outlet);
  completion.done();
}

// Drops the source behind its last piece while this is still the pool's thread.
void Call::read_source(std::size_t bytes_wanted, Outlet* outlet) {
  pieces_.emplace(next_of_source(bytes_wanted, outlet));
  if (source_left_ == 0) reply_->source.reset();
}

// Pieces until they have `bytes_wanted`, without those that the outlet takes, if there is one; the first that it does
// not take is the last. An error behind the first one is kept: what was read before it may leave.
Result<std::vector<Piece>> Call::next_of_source(std::size_t bytes_wanted, Outlet* outlet) noexcept {
  try {
    if (source_error_) return std::unexpected(*source_error_);
    std::vector<Piece> pieces;
    std::size_t bytes = 0;
    do {
      Result<Piece> piece = next_piece();
      if (!piece) {
        if (pieces.empty()) return std::unexpected(std::move(piece.error()));
        source_error_ = std::move(piece.error());
        break;
      }
      const std::size_t size = piece->size();
      const bool is_as_announced = size > 0 && size <= source_left_;
      source_left_ -= std::min<std::uint64_t>(source_left_, size);
      bytes += size;
      if (outlet != nullptr && is_as_announced && pass(*outlet, *piece)) continue;
      pieces.push_back(std::move(*piece));
      if (outlet != nullptr || size == 0) break;
    } while (bytes < bytes_wanted && source_left_ > 0 && (outlet != nullptr || budget_.is_light()));
    return pieces;
  } catch (const std::exception& e) {
    log::error("a source threw", {{"id", head_.request_id}, {"what", e.what()}});
  } catch (...) {
    log::error("a source threw", {{"id", head_.request_id}});
  }
  crashed_ = true;
  return objstore::fail(Errc::kInternal, "We encountered an internal error. Please try again.");
}

Result<Piece> Call::next_piece() {
  Piece piece;
  if (takes_files_) piece.slice = reply_->source->next_in_file();
  if (piece.slice) return piece;
  OBJSTORE_ASSIGN(piece.bytes, reply_->source->next());
  piece.hold = ReplyBudget::Hold(budget_, piece.bytes.capacity());
  return piece;
}

// True when the outlet has taken the whole piece; else the piece is what it has not.
bool Call::pass(Outlet& outlet, Piece& piece) {
  while (piece.size() > 0) {
    const std::size_t taken = piece.slice ? outlet.take(*piece.slice) : outlet.take(piece.bytes.view());
    if (taken == 0) return false;
    passed_.bytes += taken;
    if (piece.slice) {
      passed_.file_bytes += taken;
      piece.slice->offset += taken;
      piece.slice->length -= taken;
    } else {
      piece.bytes.drop_front(taken);
    }
  }
  return true;
}

// The first piece is read before the head leaves: an error can then still become a proper reply, and head and piece
// leave in one write.
void Call::pull_first() {
  if (!reply_ || !reply_->source || head_.method == "HEAD") return;
  is_streaming_ = true;
  source_left_ = reply_->content_length;
  if (!budget_.has_room(source_left_)) return;  // the transport pulls when there is
  read_source(1);
  if (*pieces_) return;
  const Error error = pieces_->error();
  pieces_.reset();
  is_streaming_ = false;
  fail(status_of(error.code), error);
}

void Call::replace_unsendable() {
  log::error("a reply cannot be sent as it is", {{"id", head_.request_id}, {"status", std::int64_t{reply().status}}});
  crashed_ = true;
  is_streaming_ = false;
  fail(kInternalError, Error{Errc::kInternal, "We encountered an internal error. Please try again."});
}

void Call::take_reply() {
  Result<api::Reply> taken = ticket_->take();
  ticket_.reset();
  sink_.reset();
  document_.reset();
  if (taken) {
    reply_.emplace(std::move(*taken));
  } else {
    fail(status_of(taken.error().code), taken.error());
  }
}

void Call::take() {
  guarded([&] { take_reply(); });
}

// Ends a stage that may have produced a ticket. If its result is there at once, it is taken here, on the pool; else
// whoever completes it resumes the transport. Whichever of the two comes second to the meeting goes on.
void Call::settle(Completion& completion) {
  if (!ticket_) {
    guarded([&] { pull_first(); });
    completion.done();
    return;
  }
  meeting_.store(Meeting::kRegistering);
  Completion* const waiting = &completion;
  ticket_->on_ready([this, waiting] {
    if (meeting_.exchange(Meeting::kReady) == Meeting::kRegistered) waiting->done();
  });
  if (meeting_.exchange(Meeting::kRegistered) != Meeting::kReady) return;
  guarded([&] {
    take_reply();
    pull_first();
  });
  completion.done();
}

void Call::abandon(Completion& completion) {
  guarded([&] {
    pieces_.reset();
    if (reply_) reply_->source.reset();
    sink_.reset();
    document_.reset();
  });
  completion.done();
}

}  // namespace objstore::http
