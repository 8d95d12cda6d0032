// One connection: reads heads, runs exchanges, sends replies, and knows how to end. Lives on one I/O thread, which owns
// it until run() has returned.
#pragma once

#include <memory>
#include <string>

#include "server/http/body_reader.h"
#include "server/http/call.h"
#include "server/http/errand.h"
#include "server/http/head_check.h"
#include "server/http/reply_head.h"
#include "server/http/shared.h"
#include "server/http/stream.h"

namespace objstore::http {

// What a reader must keep up with, usually and while memory for replies is short.
struct SendPace {
  Pace usual;
  Pace pressed;
};

class Connection {
 public:
  Connection(Shared& shared, const IoExecutor& io, Socket socket, std::shared_ptr<TlsContext> tls, Origin origin);

  // Serves until either side has had enough. Once.
  Awaitable<void> run();

  void expire(TimePoint now, bool is_pressed) { stream_.expire(now, is_pressed); }
  // Ends now when no request is under way, else after the one that is.
  void stop_soon();
  // By the network's rules as they are now.
  bool is_admitted() const;
  // Every socket operation fails from now on; a handler that runs is still waited for.
  void abort() { stream_.abort(); }

 private:
  enum class Arrival : std::uint8_t { kRequest, kRefused, kClosed };
  enum class Ending : std::uint8_t { kDrop, kGentle, kCut };

  // connection.cc: the life of the connection and of a request.
  Awaitable<Arrival> read_head();
  Awaitable<bool> serve();
  Awaitable<void> refuse_head();
  Awaitable<void> give_back(Call& call, Errand& errand);
  bool must_close(Call& call, const BodyReader& body);
  Awaitable<void> end();
  void complete_head();
  void finish_request(Call& call, const BodyReader* body, bool sent);

  // receive.cc: bodies on their way in.
  Awaitable<void> exchange(Call& call, BodyReader& body, Errand& errand);
  Awaitable<void> receive_body(Call& call, BodyReader& body, Errand& errand);
  class Intake;
  Awaitable<void> receive_stream(Call& call, BodyReader& body, Errand& errand);
  Awaitable<void> receive_document(Call& call, BodyReader& body, Errand& errand);
  Awaitable<bool> invite_body();

  // send.cc: replies on their way out.
  Awaitable<bool> send_reply(Call& call, Errand& errand, bool close);
  Awaitable<bool> send_source(Call& call, Errand& errand);
  Awaitable<bool> send_all(ByteView first, ByteView second, SendPace& pace);
  Awaitable<bool> send_slice(FileSlice& slice, SendPace& pace);
  struct SendTerm {
    TimePoint start;
    TimePoint deadline;
    TimePoint pressed_deadline;
  };
  std::optional<SendTerm> send_term(SendPace& pace);
  bool has_processors_to_spare() const;
  void count_passed(Call& call, SendPace& pace);
  bool has_sent(const Transfer& transfer, const SendTerm& term, SendPace& pace);
  Awaitable<bool> await_room(std::uint64_t left);
  SendPace send_pace() const;

  Shared& shared_;
  IoExecutor io_;
  Stream stream_;
  const Origin origin_;
  InputBuffer input_;
  CheckedHead checked_;
  HeadFault fault_;
  HttpDate date_;
  std::string out_;  // the reply's head, with a small body
  std::uint64_t body_bytes_out_ = 0;
  TimePoint started_;  // of the request
  std::uint64_t requests_ = 0;
  bool is_idle_ = false;  // waiting for the first byte of a head
  bool invited_ = false;  // 100 Continue has been sent
  Ending ending_ = Ending::kDrop;
};

}  // namespace objstore::http
