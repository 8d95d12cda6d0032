#include "bench/load/connection.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "bench/load/socket.h"

namespace objstore::bench {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10;
constexpr int kErrorStatusMin = 300;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

// A header's value in a head, without the white space around it; empty when it is not there.
std::string_view header(std::string_view head, std::string_view name) {
  for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
    const std::string_view line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
    if (line.size() <= name.size() || line[name.size()] != ':') continue;
    if (equals_ignore_case(line.substr(0, name.size()), name)) return trim(line.substr(name.size() + 1));
  }
  return {};
}

}  // namespace

struct Connection::ReplyHead {
  int status = 0;
  std::string etag;
  bool has_body = true;
  bool chunked = false;
  bool close = false;
  std::uint64_t length = 0;
};

Connection::Connection(std::shared_ptr<const Target> target)
    : target_(std::move(target)), buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {}

Connection::~Connection() = default;

Status Connection::connect() {
  auto fresh = std::make_unique<Socket>();
  OBJSTORE_TRY(fresh->connect(target_->native(), target_->host()));
  socket_ = std::move(fresh);
  begin_ = end_ = 0;
  is_fresh_ = true;
  return {};
}

Result<Reply> Connection::exchange(std::string_view head, ByteView body, BodyUse use) {
  Result<Reply> reply = attempt(head, body, use);
  if (reply || is_fresh_ || !got_nothing_) return reply;
  return attempt(head, body, use);
}

Result<Reply> Connection::attempt(std::string_view head, ByteView body, BodyUse use) {
  if (!socket_) OBJSTORE_TRY(connect());
  got_nothing_ = true;
  const auto give_up = [this](const Error& error) {
    socket_.reset();
    return std::unexpected<Error>(error);
  };
  // A server that refuses early may close before the body is through; its reply counts.
  const Status sent = socket_->send(as_bytes(head), body);
  Result<ReplyHead> read = read_head(head.substr(0, head.find(' ')));
  if (!read) return give_up(sent ? read.error() : sent.error());
  Reply reply;
  reply.status = read->status;
  reply.etag = std::move(read->etag);
  if (reply.status >= kErrorStatusMin) use = {.keep = true};
  if (Status got = read_body(*read, reply, use); !got) return give_up(got.error());
  is_fresh_ = false;
  if (read->close || !sent) socket_.reset();
  return reply;
}

Result<Connection::ReplyHead> Connection::read_head(std::string_view method) {
  for (;;) {
    const std::string_view seen(buffer_.get() + begin_, end_ - begin_);
    const std::size_t end = seen.find(kHeadEnd);
    if (end == std::string_view::npos) {
      OBJSTORE_TRY(fill());
      continue;
    }
    const std::string_view text = seen.substr(0, end + 2);
    begin_ += end + kHeadEnd.size();
    ReplyHead head;
    if (text.size() < 12 || !text.starts_with("HTTP/1.")) return fail(Errc::kMalformed, "no HTTP reply");
    head.status = static_cast<int>(parse_u64(text.substr(9, 3)).value_or(0));
    if (head.status == 100) continue;
    head.etag = header(text, "etag");
    head.chunked = equals_ignore_case(header(text, "transfer-encoding"), "chunked");
    head.close = equals_ignore_case(header(text, "connection"), "close");
    head.length = parse_u64(header(text, "content-length")).value_or(0);
    head.has_body = method != "HEAD" && head.status != 204 && head.status != 304;
    return head;
  }
}

Status Connection::read_body(const ReplyHead& head, Reply& reply, BodyUse use) {
  if (!head.has_body) return {};
  return head.chunked ? read_chunks(reply, use) : read_counted(head.length, reply, use);
}

MutableBytes Connection::space(std::size_t from) noexcept {
  return std::as_writable_bytes(std::span(buffer_.get(), kBufferBytes)).subspan(from);
}

void Connection::take(ByteView bytes, Reply& reply, BodyUse use) {
  reply.body_bytes += bytes.size();
  if (use.keep) reply.body.append(as_text(bytes));
  if (use.check) use.check->feed(bytes);
}

Status Connection::read_counted(std::uint64_t length, Reply& reply, BodyUse use) {
  const std::size_t buffered = std::min<std::uint64_t>(length, end_ - begin_);
  take(as_bytes({buffer_.get() + begin_, buffered}), reply, use);
  begin_ += buffered;
  length -= buffered;
  const bool is_dropped = !use.keep && !use.check;
  while (length > 0) {
    const MutableBytes out = space(0).first(std::min<std::uint64_t>(length, kBufferBytes));
    OBJSTORE_ASSIGN(const std::size_t got, is_dropped ? socket_->drop(out) : socket_->receive(out));
    if (is_dropped)
      reply.body_bytes += got;
    else
      take(as_bytes({buffer_.get(), got}), reply, use);
    length -= got;
  }
  return {};
}

Status Connection::read_chunks(Reply& reply, BodyUse use) {
  for (;;) {
    OBJSTORE_ASSIGN(const std::string size, read_line());
    const std::uint64_t length = std::strtoull(size.c_str(), nullptr, 16);
    OBJSTORE_TRY(read_counted(length, reply, use));
    OBJSTORE_ASSIGN(const std::string rest, read_line());
    if (length == 0) return {};  // trailers are not expected
  }
}

Result<std::string> Connection::read_line() {
  for (;;) {
    const std::string_view seen(buffer_.get() + begin_, end_ - begin_);
    if (const std::size_t end = seen.find("\r\n"); end != std::string_view::npos) {
      begin_ += end + 2;
      return std::string(seen.substr(0, end));
    }
    OBJSTORE_TRY(fill());
  }
}

// Behind what is there; what has been taken makes room.
Status Connection::fill() {
  if (begin_ > 0) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == kBufferBytes) return fail(Errc::kMalformed, "a head or line without an end");
  OBJSTORE_ASSIGN(const std::size_t got, socket_->receive(space(end_)));
  got_nothing_ = false;
  end_ += got;
  return {};
}

}  // namespace objstore::bench
