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
#include <utility>
#include <vector>

#include "common/base/bytes.h"
#include "server/api/handler.h"
#include "server/http/outlet.h"
#include "server/http/reply_budget.h"

namespace objstore::http {

// Told once that a stage is over.
class Completion {
 public:
  virtual void done() = 0;

 protected:
  ~Completion() = default;
};

// A part of a reply's body: bytes and their place in the budget, or where they lie in a file.
struct Piece {
  std::size_t size() const noexcept { return slice ? slice->length : bytes.size(); }
  Buffer bytes;
  ReplyBudget::Hold hold;
  std::optional<FileSlice> slice;
};

class Call {
 public:
  enum class Wants : std::uint8_t { kNothing, kDocument, kStream };
  // What one trip to the pool brings of a large body: waking two threads costs as much as copying some 100 KiB. Less
  // where replies hold much together (ReplyBudget::is_light). And what it passes on at most.
  static constexpr std::size_t kPullBytes = std::size_t{2} << 20;
  static constexpr std::size_t kPassBytes = std::size_t{8} << 20;

  // head and budget outlive the call. takes_files: the transport can send pieces that lie in files.
  Call(api::Handler& handler, const wire::RequestHead& head, ReplyBudget& budget, bool takes_files = false)
      : handler_(handler), head_(head), budget_(budget), takes_files_(takes_files) {}
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
  // Pulls the next pieces of the reply's source, up to some kPullBytes, into next_pieces(). Not after an error or the
  // end.
  void pull(Completion& completion);
  // The same, straight into the outlet: as long as that takes all, up to some kPassBytes. What it does not take is in
  // next_pieces(), which may be none.
  void pass_on(Outlet& outlet, Completion& completion);
  // Destroys what is left of the exchange, which may take a while: giving up an upload touches the store.
  void abandon(Completion& completion);

  // Between stages, on the transport's thread.
  // True when the reply is a ticket that has just become ready: take() then, cheaply, on this thread.
  bool must_take() const noexcept { return ticket_.has_value(); }
  void take();
  Wants wants() const noexcept { return wants_; }
  // As Sink::room().
  Room room(std::size_t bytes);
  std::uint64_t document_limit() const noexcept { return document_ ? document_->limit : 0; }
  // True when abandon() has something to do that may block.
  bool has_remains() const noexcept { return sink_ != nullptr || (reply_ && reply_->source); }
  // True when the reply's body comes in pieces. The source itself is gone once it has given its last one.
  bool is_streaming() const noexcept { return is_streaming_; }
  bool has_reply() const noexcept { return reply_.has_value(); }
  // CHECKs has_reply().
  api::Reply& reply();
  // The source's next bytes after pull(), in order; after a stage whose reply has a source: its first piece.
  std::optional<Result<std::vector<Piece>>>& next_pieces() noexcept { return pieces_; }
  // What has been passed on since it was asked last, and how much of it lay in files.
  struct Passed {
    std::uint64_t bytes = 0;
    std::uint64_t file_bytes = 0;
  };
  Passed take_passed() noexcept { return std::exchange(passed_, {}); }
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
  void read_source(std::size_t bytes_wanted, Outlet* outlet = nullptr);
  Result<std::vector<Piece>> next_of_source(std::size_t bytes_wanted, Outlet* outlet) noexcept;
  Result<Piece> next_piece();
  bool pass(Outlet& outlet, Piece& piece);

  api::Handler& handler_;
  const wire::RequestHead& head_;
  ReplyBudget& budget_;
  const bool takes_files_;
  Wants wants_ = Wants::kNothing;
  std::optional<api::ReadDocument> document_;
  std::unique_ptr<api::Sink> sink_;
  std::optional<Ticket<api::Reply>> ticket_;
  std::optional<api::Reply> reply_;
  std::optional<Result<std::vector<Piece>>> pieces_;
  std::optional<Error> source_error_;  // met behind pieces that are good
  bool is_streaming_ = false;
  std::uint64_t source_left_ = 0;
  Passed passed_;
  bool crashed_ = false;
  enum class Meeting : std::uint8_t { kRegistering, kRegistered, kReady };
  std::atomic<Meeting> meeting_ = Meeting::kRegistering;
};

}  // namespace objstore::http
