// A Call's stages without sockets, on the test's own thread.
#include "server/http/call.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <stdexcept>
#include <thread>
#include <utility>

namespace objstore::http {
namespace {

struct Bell final : Completion {
  void done() override { ++rung; }
  std::atomic<int> rung = 0;
};

class ScriptedHandler final : public api::Handler {
 public:
  api::Exchange begin(const wire::RequestHead&) override { return script(); }
  api::Reply refuse_head(const wire::RequestHead&, int status, const Error& error) override {
    if (refusals_throw) throw std::runtime_error("no words");
    api::Reply reply;
    reply.status = status;
    reply.body = to_string(error.code);
    return reply;
  }
  std::function<api::Exchange()> script;
  bool refusals_throw = false;
};

// `good` pieces of ten bytes, then an error; those from the second on lie in a file for who takes it.
class BreakingSource final : public Source {
 public:
  BreakingSource(int good, int& asked) : good_(good), asked_(asked) {}
  Result<Buffer> next() override {
    ++asked_;
    if (given_ == good_) return objstore::fail(Errc::kCorrupt, "damaged");
    ++given_;
    static BufferPool pool(4096, 1);
    Buffer piece = pool.acquire();
    piece.set_window(0, 10);
    return piece;
  }
  std::optional<FileSlice> next_in_file() override {
    if (given_ == 0 || given_ == good_) return std::nullopt;
    ++given_;
    return FileSlice{nullptr, 7, 100, 10};
  }

 private:
  const int good_;
  int given_ = 0;
  int& asked_;
};

// What a GET of 1,000 bytes from that source has given after one pull, sizes first; then what another pull gives.
struct Pulled {
  std::vector<Piece> pieces;
  bool fails_next = false;
  int asked = 0;
};
Pulled pull_breaking(ReplyBudget& budget, bool takes_files) {
  Pulled out;
  ScriptedHandler handler;
  handler.script = [&] {
    api::Reply reply;
    reply.content_length = 1000;
    reply.source = std::make_unique<BreakingSource>(4, out.asked);
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  wire::RequestHead head;
  head.method = "GET";
  Call call(handler, head, budget, takes_files);
  Bell bell;
  call.begin(ByteView(), bell);
  REQUIRE(call.next_pieces().has_value());
  CHECK((*call.next_pieces())->size() == 1);
  call.pull(bell);
  REQUIRE(call.next_pieces().value());
  out.pieces = std::move(**call.next_pieces());
  call.pull(bell);
  out.fails_next = !call.next_pieces().value().has_value();
  return out;
}

class OneShotSource final : public Source {
 public:
  explicit OneShotSource(bool& is_gone) : is_gone_(is_gone) {}
  ~OneShotSource() override { is_gone_ = true; }
  Result<Buffer> next() override {
    Buffer piece = pool().acquire();
    piece.set_window(0, 10);
    return piece;
  }

 private:
  static BufferPool& pool() {
    static BufferPool pool(4096, 1);
    return pool;
  }
  bool& is_gone_;
};

TEST_CASE("a ticket that is ready is taken within the stage") {
  ScriptedHandler handler;
  handler.script = [] {
    api::Reply reply;
    reply.status = 201;
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  ReplyBudget budget(1'000'000);
  const wire::RequestHead head;
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  CHECK(bell.rung == 1);
  REQUIRE(call.has_reply());
  CHECK_FALSE(call.must_take());
  CHECK(call.reply().status == 201);
}

TEST_CASE("a ticket that another thread completes ends the stage there, once") {
  for (int round = 0; round < 200; ++round) {
    Promise<api::Reply> promise;
    Ticket<api::Reply> ticket = promise.ticket();  // before complete(), as its contract says
    ScriptedHandler handler;
    handler.script = [&] { return api::Exchange(std::move(ticket)); };
    ReplyBudget budget(1'000'000);
    const wire::RequestHead head;
    Call call(handler, head, budget);
    Bell bell;
    // Sometimes before, sometimes after and sometimes while the stage asks.
    std::thread completer([&] {
      api::Reply reply;
      reply.status = 202;
      promise.complete(std::move(reply));
    });
    call.begin(ByteView(), bell);
    completer.join();
    CHECK(bell.rung == 1);
    if (call.must_take()) call.take();
    CHECK(call.reply().status == 202);
  }
}

TEST_CASE("errors of tickets are told apart by who can help") {
  const std::vector<std::pair<Errc, int>> rows = {{Errc::kUnavailable, 503}, {Errc::kCancelled, 503},
                                                  {Errc::kNoSpace, 503},     {Errc::kTimeout, 503},
                                                  {Errc::kInternal, 500},    {Errc::kCorrupt, 500}};
  for (const auto& [code, status] : rows) {
    ScriptedHandler handler;
    handler.script = [code = code] { return api::Exchange(Ticket<api::Reply>(fail(code, ""))); };
    ReplyBudget budget(1'000'000);
    const wire::RequestHead head;
    Call call(handler, head, budget);
    Bell bell;
    call.begin(std::nullopt, bell);
    CHECK(call.reply().status == status);
    CHECK_FALSE(call.crashed());
  }
}

TEST_CASE("whatever a handler throws becomes a reply") {
  ScriptedHandler handler;
  ReplyBudget budget(1'000'000);
  const wire::RequestHead head;
  SECTION("from begin") {
    handler.script = []() -> api::Exchange { throw std::runtime_error("broken"); };
  }
  SECTION("something that is no exception") {
    handler.script = []() -> api::Exchange { throw 5; };
  }
  SECTION("from begin, and again while refusing") {
    handler.refusals_throw = true;
    handler.script = []() -> api::Exchange { throw std::runtime_error("broken"); };
  }
  SECTION("from the ticket") {
    handler.script = [] {
      return api::Exchange(
          Ticket<Done>(Done{}).map([](Result<Done>) -> Result<api::Reply> { throw std::runtime_error("x"); }));
    };
  }
  SECTION("from a document's continuation") {
    handler.script = [] {
      api::ReadDocument document;
      document.then = [](std::string) -> Ticket<api::Reply> { throw std::runtime_error("broken"); };
      return api::Exchange(std::move(document));
    };
  }
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  CHECK(bell.rung == 1);
  CHECK(call.reply().status == 500);
  CHECK(call.crashed());
}

TEST_CASE("a source's first piece comes with the reply, and the source goes with its last byte") {
  bool is_gone = false;
  ScriptedHandler handler;
  handler.script = [&] {
    api::Reply reply;
    reply.content_length = 20;
    reply.source = std::make_unique<OneShotSource>(is_gone);
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  ReplyBudget budget(1'000'000);
  wire::RequestHead head;
  head.method = "GET";
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  CHECK(call.is_streaming());
  REQUIRE(call.next_pieces().has_value());
  CHECK_FALSE(is_gone);
  call.pull(bell);
  CHECK(is_gone);
  CHECK_FALSE(call.has_remains());
  REQUIRE((*call.next_pieces())->size() == 1);
  CHECK((*call.next_pieces())->front().size() == 10);
}

TEST_CASE("one pull brings many pieces, and those before an error are good") {
  ReplyBudget budget(1'000'000);
  const Pulled pulled = pull_breaking(budget, false);
  CHECK(pulled.pieces.size() == 3);
  for (const Piece& piece : pulled.pieces) CHECK((piece.bytes.size() == 10 && !piece.slice));
  CHECK(pulled.fails_next);
  CHECK(pulled.asked == 5);  // not again after its error
}

TEST_CASE("one pull brings one piece while others hold much") {
  ReplyBudget budget(1'000'000'000);
  const ReplyBudget::Hold others(budget, ReplyBudget::kLightBytes);
  ScriptedHandler handler;
  int asked = 0;
  handler.script = [&] {
    api::Reply reply;
    reply.content_length = 1000;
    reply.source = std::make_unique<BreakingSource>(4, asked);
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  wire::RequestHead head;
  head.method = "GET";
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  call.pull(bell);
  REQUIRE(call.next_pieces().value());
  CHECK((*call.next_pieces())->size() == 1);
}

TEST_CASE("pieces that lie in files come so to who takes them, but for the first") {
  ReplyBudget budget(1'000'000);
  const Pulled pulled = pull_breaking(budget, true);
  REQUIRE(pulled.pieces.size() == 3);
  for (const Piece& piece : pulled.pieces) {
    REQUIRE(piece.slice);
    CHECK((piece.size() == 10 && piece.bytes.empty() && piece.slice->offset == 100));
  }
  CHECK(pulled.fails_next);
}

// A GET that has been answered by `length` bytes from a source.
struct Answered {
  template <typename MakeSource>
  Answered(ReplyBudget& budget, std::uint64_t length, MakeSource make_source, bool takes_files = false)
      : call(handler, head, budget, takes_files) {
    head.method = "GET";
    handler.script = [&] {
      api::Reply reply;
      reply.content_length = length;
      reply.source = make_source();
      return api::Exchange(Ticket<api::Reply>(std::move(reply)));
    };
    call.begin(ByteView(), bell);
  }
  ScriptedHandler handler;
  wire::RequestHead head;
  Bell bell;
  Call call;
};

// Takes so many bytes, at most three at a time.
struct NarrowOutlet final : Outlet {
  explicit NarrowOutlet(std::size_t bytes) : room(bytes) {}
  std::size_t take(ByteView bytes) noexcept override { return take(bytes.size()); }
  std::size_t take(const FileSlice& slice) noexcept override {
    in_files += static_cast<int>(slice.offset) >= 100 && slice.descriptor == 7 ? 1 : 0;
    return take(slice.length);
  }
  std::size_t take(std::size_t bytes) {
    const std::size_t taken = std::min({bytes, room, std::size_t{3}});
    room -= taken;
    return taken;
  }
  std::size_t room;
  int in_files = 0;
};

TEST_CASE("what is read goes through the outlet as far as that takes it, and the rest is a piece") {
  const auto [takes_files, room, passed, left] = GENERATE(table<bool, std::size_t, std::uint64_t, std::size_t>(
      {{false, 25, 25, 5}, {true, 25, 25, 5}, {false, 20, 20, 10}, {false, 0, 0, 10}, {true, 1000, 30, 0}}));
  ReplyBudget budget(1'000'000'000);
  const ReplyBudget::Hold others(budget, ReplyBudget::kLightBytes);  // makes no difference: nothing is held
  int asked = 0;
  Answered get(budget, 1000, [&] { return std::make_unique<BreakingSource>(4, asked); }, takes_files);
  Call& call = get.call;
  call.next_pieces().reset();
  NarrowOutlet outlet(room);
  call.pass_on(outlet, get.bell);
  CHECK(get.bell.rung == 2);
  const Call::Passed through = call.take_passed();
  CHECK(through.bytes == passed);
  CHECK(through.file_bytes == (takes_files ? passed : 0));
  CHECK(call.take_passed().bytes == 0);
  REQUIRE(call.next_pieces().has_value());
  if (left == 0) {  // three pieces have left, and the error came behind them
    CHECK_FALSE(call.next_pieces()->has_value());
    return;
  }
  REQUIRE(call.next_pieces()->has_value());
  REQUIRE((*call.next_pieces())->size() == 1);
  const Piece& rest = (*call.next_pieces())->front();
  CHECK(rest.size() == left);
  CHECK(rest.slice.has_value() == takes_files);
  if (takes_files) CHECK(rest.slice->offset == 100 + 10 - left);
}

TEST_CASE("more than was announced does not go through the outlet") {
  bool is_gone = false;
  ReplyBudget budget(1'000'000);
  Answered get(budget, 25, [&] { return std::make_unique<OneShotSource>(is_gone); });
  Call& call = get.call;
  NarrowOutlet outlet(1000);
  call.pass_on(outlet, get.bell);
  CHECK(call.take_passed().bytes == 10);
  REQUIRE(call.next_pieces().value());
  REQUIRE((*call.next_pieces())->size() == 1);
  CHECK((*call.next_pieces())->front().size() == 10);  // of which five are too many: the transport sees it
}

TEST_CASE("without room in the budget nothing is read ahead") {
  bool is_gone = false;
  ScriptedHandler handler;
  handler.script = [&] {
    api::Reply reply;
    reply.content_length = 100'000;
    reply.source = std::make_unique<OneShotSource>(is_gone);
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  ReplyBudget budget(10);
  const ReplyBudget::Hold everything(budget, 10);
  wire::RequestHead head;
  head.method = "GET";
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  CHECK(call.is_streaming());
  CHECK_FALSE(call.next_pieces().has_value());
  call.pull(bell);
  CHECK(call.next_pieces().has_value());
}

TEST_CASE("HEAD reads nothing from a source") {
  bool is_gone = false;
  ScriptedHandler handler;
  handler.script = [&] {
    api::Reply reply;
    reply.source = std::make_unique<OneShotSource>(is_gone);
    return api::Exchange(Ticket<api::Reply>(std::move(reply)));
  };
  ReplyBudget budget(1'000'000);
  wire::RequestHead head;
  head.method = "HEAD";
  Call call(handler, head, budget);
  Bell bell;
  call.begin(ByteView(), bell);
  CHECK_FALSE(call.next_pieces().has_value());
  REQUIRE(call.has_remains());
  call.abandon(bell);
  CHECK(is_gone);
}

}  // namespace
}  // namespace objstore::http
