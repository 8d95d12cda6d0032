// One request between the transport and its handler: runs the handler's stages and turns whatever comes out of them,
// a reply, an error or an exception, into one Reply. No sockets here.
//
// A Call lives as long as its exchange. Its stages (all functions that take a Completion) run on the worker pool, one
// at a time; each ends with one Completion::done(), on any thread, after which the transport's thread may look at the
// results.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/bytes.h"
#include "server/api/handler.h"
#include "server/http/reply_budget.h"

namespace objstore::http {

// Told once that a stage is over.
class Completion {
 public:
  virtual void done() = 0;

 protected:
  ~Completion() = default;
};

// A part of a reply's body, and its place in the budget.
struct Piece {
  Buffer bytes;
  ReplyBudget::Hold hold;
};

class Call {
 public:
  enum class Wants : std::uint8_t { kNothing, kDocument, kStream };

  // head and budget outlive the call.
  Call(api::Handler& handler, const wire::RequestHead& head, ReplyBudget& budget)
      : handler_(handler), head_(head), budget_(budget) {}
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // Stages. begin() asks the handler; when the whole body is at hand already (`body` is engaged), it goes on to the end
  // in the same breath, which saves small uploads two trips to the pool.
  void begin(std::optional<ByteView> body, Completion& completion);
  void write(ByteView bytes, Completion& completion);
  // The body is complete; `bytes`, its last piece, may be empty.
  void finish_stream(ByteView bytes, Completion& completion);
  void finish_document(std::string body, Completion& completion);
  // The head is refused; instead of begin().
  void reject(int status, const Error& error, Completion& completion);
  // The body ended early.
  void refuse(const Error& error, Completion& completion);
  // After a take() whose reply has a source: reads its first piece.
  void prepare(Completion& completion);
  // Pulls the next piece of the reply's source into next_piece(). Not after an error or the end.
  void pull(Completion& completion);
  // Destroys what is left of the exchange, which may take a while: giving up an upload touches the store.
  void abandon(Completion& completion);

  // Between stages, on the transport's thread.
  // True when the reply is a ticket that has just become ready: take() then, cheaply, on this thread.
  bool must_take() const noexcept { return ticket_.has_value(); }
  void take();
  Wants wants() const noexcept { return wants_; }
  std::uint64_t document_limit() const noexcept { return document_ ? document_->limit : 0; }
  // True when abandon() has something to do that may block.
  bool has_remains() const noexcept { return sink_ != nullptr || (reply_ && reply_->source); }
  // True when the reply's body comes in pieces. The source itself is gone once it has given its last one.
  bool is_streaming() const noexcept { return is_streaming_; }
  bool has_reply() const noexcept { return reply_.has_value(); }
  // CHECKs has_reply().
  api::Reply& reply();
  // The source's next bytes after pull(), or after a stage whose reply has a source: its first ones.
  std::optional<Result<Piece>>& next_piece() noexcept { return piece_; }
  // Replaces the reply by the front end's words for an error of ours.
  void fail(int status, const Error& error);
  // Replaces a reply that the transport must not send by 500.
  void replace_unsendable();
  // The handler's code is broken: the reply is 500 and the connection must close.
  bool crashed() const noexcept { return crashed_; }

 private:
  template <typename Stage>
  bool guarded(Stage stage) noexcept;
  void accept(api::Exchange exchange);
  void write_all(ByteView bytes);
  void settle(Completion& completion);
  void take_reply();
  void pull_first();
  void read_source();
  Result<Piece> next_of_source() noexcept;

  api::Handler& handler_;
  const wire::RequestHead& head_;
  ReplyBudget& budget_;
  Wants wants_ = Wants::kNothing;
  std::optional<api::ReadDocument> document_;
  std::unique_ptr<api::Sink> sink_;
  std::optional<Ticket<api::Reply>> ticket_;
  std::optional<api::Reply> reply_;
  std::optional<Result<Piece>> piece_;
  bool is_streaming_ = false;
  std::uint64_t source_left_ = 0;
  bool crashed_ = false;
  enum class Meeting : std::uint8_t { kRegistering, kRegistered, kReady };
  std::atomic<Meeting> meeting_ = Meeting::kRegistering;
};

}  // namespace objstore::http
