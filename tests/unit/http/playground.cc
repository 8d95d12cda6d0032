#include "tests/unit/http/playground.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <utility>

#include "common/base/check.h"

namespace objstore::http::testing {
namespace {

constexpr std::uint64_t kDocumentBytesMax = 64 * 1024;
constexpr std::size_t kPieceBytes = 64 * 1024;

api::Reply text_reply(int status, std::string body) {
  api::Reply reply;
  reply.status = status;
  reply.headers.add("Content-Type", "text/plain");
  reply.body = std::move(body);
  return reply;
}

// Bytes that depend on their place, so that a lost or doubled piece shows.
class PatternSource final : public Source {
 public:
  PatternSource(std::uint64_t length, bool fails_at_end) : left_(length), fails_(fails_at_end) {}

  Result<Buffer> next() override {
    if (left_ == 0 && fails_) return fail(Errc::kCorrupt, "A chunk is damaged.");
    if (left_ == 0) return Buffer();
    Buffer piece = pool().acquire();
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, kPieceBytes));
    for (std::size_t i = 0; i < size; ++i) piece.storage()[i] = static_cast<std::byte>((offset_ + i) % 251);
    piece.set_window(0, size);
    offset_ += size;
    left_ -= size;
    return piece;
  }

 private:
  // Shared, because the transport may hold pieces when it drops the source.
  static BufferPool& pool() {
    static BufferPool pool(kPieceBytes, 8);
    return pool;
  }
  std::uint64_t offset_ = 0;
  std::uint64_t left_;
  bool fails_;
};

api::Reply source_reply(std::uint64_t announced, std::uint64_t given, bool fails_at_end) {
  api::Reply reply;
  reply.content_length = announced;
  reply.source = std::make_unique<PatternSource>(given, fails_at_end);
  return reply;
}

std::uint64_t number(const wire::RequestHead& head) {
  return parse_u64(head.query).value_or(0);
}

}  // namespace

class CountingSink final : public api::Sink {
 public:
  CountingSink(Playground& owner, bool is_picky, bool has_rooms)
      : owner_(owner), is_picky_(is_picky), has_rooms_(has_rooms) {}
  ~CountingSink() override {
    if (!is_finished_) ++owner_.sinks_dropped_;
  }
  Status write(ByteView bytes) override {
    CHECK(!is_finished_);
    if (!rooms_.empty()) {
      CHECK(bytes.data() == rooms_.front().data());
      CHECK(bytes.size() == rooms_.front().size() || rooms_.size() == 1);
      rooms_.pop_front();
      ++owner_.in_rooms_;
    }
    if (is_picky_) return fail(Errc::kDigestMismatch, "These bytes are not welcome.");
    size_ += bytes.size();
    for (const std::byte byte : bytes) sum_ = sum_ * 31 + std::to_integer<unsigned>(byte);
    return {};
  }
  // A buffer for each, smaller than what is asked for.
  Room room(std::size_t bytes) override {
    if (!has_rooms_) return {};
    auto buffer = std::make_shared<Buffer>(owner_.rooms_.acquire());
    CHECK(rooms_.size() < 2);
    rooms_.push_back(buffer->storage().first(std::min(bytes, buffer->capacity())));
    return {buffer, rooms_.back()};
  }
  Ticket<api::Reply> finish() override {
    is_finished_ = true;
    ++owner_.finished_uploads_;
    return text_reply(200, std::to_string(size_) + " " + std::to_string(sum_));
  }
  api::Reply refuse(const Error& error) override {
    api::Reply reply = text_reply(error.code == Errc::kDigestMismatch ? 403 : 400, std::string(to_string(error.code)));
    reply.access.error = reply.body;
    return reply;
  }

 private:
  Playground& owner_;
  bool is_picky_;
  bool has_rooms_;
  std::deque<MutableBytes> rooms_;  // given and not written
  bool is_finished_ = false;
  std::uint64_t size_ = 0;
  std::uint32_t sum_ = 0;
};

Playground::~Playground() {
  for (std::thread& thread : completers_) thread.join();
}

wire::RequestHead Playground::last_head() {
  std::lock_guard lock(mutex_);
  return last_head_;
}

api::Exchange Playground::begin(const wire::RequestHead& head) {
  ++requests_;
  {
    std::lock_guard lock(mutex_);
    last_head_ = head;
  }
  if (head.path == "/throw") throw std::runtime_error("the handler is broken");
  if (head.path == "/sink" || head.path == "/rooms" || head.path.starts_with("/picky")) {
    return std::unique_ptr<api::Sink>(
        std::make_unique<CountingSink>(*this, head.path.starts_with("/picky"), head.path.ends_with("rooms")));
  }
  if (head.path != "/document") return plain(head);
  api::ReadDocument document;
  document.limit = kDocumentBytesMax;
  document.then = [](std::string body) { return Ticket<api::Reply>(text_reply(200, std::move(body))); };
  document.refuse = [](const Error& error) { return text_reply(400, std::string(to_string(error.code))); };
  return document;
}

api::Exchange Playground::plain(const wire::RequestHead& head) {
  if (head.path == "/deny") return Ticket<api::Reply>(text_reply(403, "no"));
  if (head.path == "/source") return Ticket<api::Reply>(source_reply(number(head), number(head), false));
  if (head.path == "/broken") return Ticket<api::Reply>(source_reply(number(head) + 1'000'000, number(head), true));
  if (head.path == "/short") return Ticket<api::Reply>(source_reply(1'000'000, 1'000'000 - number(head), false));
  if (head.path == "/ticket") return later();
  if (head.path == "/lost") return Promise<api::Reply>().ticket();
  api::Reply reply = text_reply(200, "hello");
  if (head.path == "/gate") wait_at_gate();
  if (head.path == "/inject") reply.headers.add("X-Name", "a\r\nSet-Cookie: b");
  if (head.path == "/head") {
    reply.body.clear();
    reply.content_length = 1'234;
  }
  if (head.path == "/204") reply.status = 204;
  if (head.path == "/304") reply.status = 304;
  return Ticket<api::Reply>(std::move(reply));
}

api::Reply Playground::refuse_head(const wire::RequestHead&, int status, const Error& error) {
  return text_reply(status, std::string(to_string(error.code)));
}

Ticket<api::Reply> Playground::later() {
  auto promise = std::make_shared<Promise<api::Reply>>();
  Ticket<api::Reply> ticket = promise->ticket();
  std::lock_guard lock(mutex_);
  completers_.emplace_back([promise] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    promise->complete(text_reply(200, "later"));
  });
  return ticket;
}

void Playground::wait_at_gate() {
  std::unique_lock lock(mutex_);
  ++waiting_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return is_open_; });
}

void Playground::open_gate() {
  std::lock_guard lock(mutex_);
  is_open_ = true;
  changed_.notify_all();
}

void Playground::await_gate(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return waiting_ >= count; });
}

Options quiet_options() {
  Options options;
  options.listeners = {Listener{.host = "127.0.0.1"}};
  options.access_log = false;
  return options;
}

Running::Running(Options options, std::size_t workers)
    : pool(workers), server(options.listeners.empty() ? quiet_options() : std::move(options), playground, pool, clock) {
  auto started = server.start();
  CHECK(started.has_value());
  bound = std::move(*started);
}

std::string request(std::string_view method, std::string_view target, std::string_view headers, std::string_view body) {
  std::string text(method);
  text.append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n").append(headers);
  if (!body.empty()) text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  return text.append("\r\n").append(body);
}

}  // namespace objstore::http::testing
