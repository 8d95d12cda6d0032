#include "client/lib/http_connection.h"

#include <algorithm>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <limits>
#include <utility>
#include <vector>

namespace objstore::client {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t kReadBufferBytes = 128 * 1024;
constexpr int kInformationalMax = 8;  // 1xx answers before the final one

// A Stream as Beast's SyncReadStream. Beast knows error codes only, so the Error itself waits here.
struct BeastReader {
  Stream& stream;
  const IoLimits& limits;
  bool& answered;
  Status status;

  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers, beast::error_code& ec) {
    const boost::asio::mutable_buffer first = *boost::asio::buffer_sequence_begin(buffers);
    auto got = stream.read_some({static_cast<std::byte*>(first.data()), first.size()}, limits);
    if (!got) {
      status = std::unexpected(std::move(got.error()));
      ec = boost::asio::error::fault;
      return 0;
    }
    if (*got == 0) {
      ec = boost::asio::error::eof;
      return 0;
    }
    answered = true;
    ec = {};
    return *got;
  }
  template <typename Buffers>
  std::size_t read_some(const Buffers& buffers) {
    beast::error_code ec;
    const std::size_t size = read_some(buffers, ec);
    if (ec) throw beast::system_error(ec);
    return size;
  }
};

Error explain(BeastReader& reader, const beast::error_code& ec) {
  if (!reader.status) return std::move(reader.status.error());
  if (ec == http::error::end_of_stream || ec == http::error::partial_message || ec == boost::asio::error::eof) {
    return {Errc::kUnreachable, "the connection broke: closed by the other side in the middle of its answer"};
  }
  return {Errc::kMalformed, "the answer is not HTTP: " + ec.message()};
}

std::string head_text(const HttpRequest& request) {
  std::string out = request.method + " " + request.target + " HTTP/1.1\r\n";
  for (const auto& header : request.headers) out += header.name + ": " + header.value + "\r\n";
  return out + "\r\n";
}

}  // namespace

struct HttpConnection::Impl {
  explicit Impl(std::unique_ptr<Stream> s) : stream(std::move(s)) { buffer.reserve(kReadBufferBytes); }

  Result<HttpResponseHead> read_head(bool of_head_request, const IoLimits& limits);
  Result<HttpResponseHead> read_final_head(bool of_head_request, const IoLimits& limits);
  // Reads an answer that is there before the body is out: a 1xx, or one that ends the sending.
  Status take_early(const IoLimits& limits);
  Status send_body(const HttpRequest& request, const IoLimits& limits);
  // The next bytes of a body whose length is known: straight from the stream, without a copy through Beast's buffer.
  Result<std::size_t> read_plain(MutableBytes out, const IoLimits& limits);
  Result<std::size_t> read_chunked(MutableBytes out, const IoLimits& limits);
  bool body_done() const { return plain_left ? *plain_left == 0 : parser->is_done(); }

  std::unique_ptr<Stream> stream;
  beast::flat_buffer buffer{kReadBufferBytes};
  std::optional<Parser> parser;
  std::optional<std::uint64_t> plain_left;  // of a body whose length is known: bytes that are not read yet
  std::optional<HttpResponseHead> early;    // the final answer, if it came before the body was out
  bool request_complete = false;
  bool answered = false;
  bool failed = false;
};

HttpConnection::HttpConnection(std::unique_ptr<Stream> stream) : impl_(std::make_unique<Impl>(std::move(stream))) {}
HttpConnection::~HttpConnection() = default;

Result<HttpResponseHead> HttpConnection::Impl::read_head(bool of_head_request, const IoLimits& limits) {
  parser.emplace();
  parser->header_limit(kResponseHeadBytesMax);
  parser->body_limit(std::numeric_limits<std::uint64_t>::max());
  parser->skip(of_head_request);
  BeastReader reader{*stream, limits, answered, {}};
  beast::error_code ec;
  http::read_header(reader, buffer, *parser, ec);
  if (ec) {
    failed = true;
    return std::unexpected(explain(reader, ec));
  }
  HttpResponseHead head{.status = static_cast<int>(parser->get().result_int()), .headers = {}, .content_length = {}};
  for (const auto& field : parser->get()) head.headers.add(field.name_string(), field.value());
  if (const auto length = parser->content_length()) head.content_length = *length;
  plain_left.reset();
  if (!parser->is_done() && head.content_length && !parser->chunked()) plain_left = *head.content_length;
  return head;
}

Result<HttpResponseHead> HttpConnection::Impl::read_final_head(bool of_head_request, const IoLimits& limits) {
  for (int i = 0; i < kInformationalMax; ++i) {
    OBJSTORE_ASSIGN(HttpResponseHead head, read_head(of_head_request, limits));
    if (head.status >= 200) return head;
  }
  failed = true;
  return fail(Errc::kMalformed, "the answer is not HTTP: it never becomes final");
}

Status HttpConnection::Impl::take_early(const IoLimits& limits) {
  OBJSTORE_ASSIGN(HttpResponseHead head, read_head(false, limits));
  // Some servers say 100 more than once, or when nobody asked.
  if (head.status >= 200) early = std::move(head);
  return {};
}

Status HttpConnection::Impl::send_body(const HttpRequest& request, const IoLimits& limits) {
  const std::uint64_t total = request.body->size();
  std::vector<std::byte> block(static_cast<std::size_t>(std::min<std::uint64_t>(total, kSendBlockBytes)));
  for (std::uint64_t sent = 0; sent < total;) {
    while (!early && (buffer.size() > 0 || stream->has_input())) OBJSTORE_TRY(take_early(limits));
    if (early) return {};
    const std::uint64_t piece = limits.rate == nullptr ? block.size() : limits.rate->piece(block.size());
    OBJSTORE_ASSIGN(const std::size_t got,
                    request.body->read_at(sent, std::span(block).first(static_cast<std::size_t>(piece))));
    if (limits.rate != nullptr) OBJSTORE_TRY(limits.rate->take(got, limits.stop));
    auto written = stream->write_all(ByteView(block).first(got), limits);
    // A server that refuses a body may close while we still send it; its answer is worth more than our EPIPE.
    if (!written && written.error().code == Errc::kUnreachable && stream->has_input()) return {};
    OBJSTORE_TRY(written);
    sent += got;
    if (request.on_sent) request.on_sent(sent);
  }
  request_complete = true;
  return {};
}

Result<HttpResponseHead> HttpConnection::exchange(const HttpRequest& request, const IoLimits& limits) {
  Impl& self = *impl_;
  const bool has_body = request.body != nullptr && request.body->size() > 0;
  self.answered = false;
  self.request_complete = !has_body;
  self.early.reset();
  self.failed = true;  // until the answer's head is there
  OBJSTORE_TRY(self.stream->write_all(as_bytes(head_text(request)), limits));
  if (has_body) {
    if (request.headers.contains("expect")) {
      OBJSTORE_ASSIGN(const bool input, self.stream->wait_input(kContinueWait, limits));
      if (input) OBJSTORE_TRY(self.take_early(limits));
    }
    OBJSTORE_TRY(self.send_body(request, limits));
  }
  self.failed = false;
  if (self.early) return std::move(*self.early);
  return self.read_final_head(request.method == "HEAD", limits);
}

Result<std::size_t> HttpConnection::Impl::read_plain(MutableBytes out, const IoLimits& limits) {
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), *plain_left)));
  if (buffer.size() > 0) {  // what came along with the head
    const std::size_t size = boost::asio::buffer_copy(boost::asio::buffer(out.data(), out.size()), buffer.data());
    buffer.consume(size);
    *plain_left -= size;
    return size;
  }
  auto got = stream->read_some(out, limits);
  if (got && *got > 0) {
    *plain_left -= *got;
    return *got;
  }
  failed = true;
  if (!got) return std::unexpected(std::move(got.error()));
  return fail(Errc::kUnreachable, "the connection broke: closed by the other side in the middle of its answer");
}

Result<std::size_t> HttpConnection::Impl::read_chunked(MutableBytes out, const IoLimits& limits) {
  // Beast's buffer_body takes at least one turn to see the end of a chunked body, which may yield no byte.
  while (!parser->is_done()) {
    auto& body = parser->get().body();
    body.data = out.data();
    body.size = out.size();
    body.more = true;
    BeastReader reader{*stream, limits, answered, {}};
    beast::error_code ec;
    http::read_some(reader, buffer, *parser, ec);
    if (ec == http::error::need_buffer) ec = {};
    if (ec) {
      failed = true;
      return std::unexpected(explain(reader, ec));
    }
    if (const std::size_t got = out.size() - body.size; got > 0) return got;
  }
  return 0;
}

Result<std::size_t> HttpConnection::read_body(MutableBytes out, const IoLimits& limits) {
  Impl& self = *impl_;
  if (out.empty() || self.body_done()) return 0;
  if (limits.rate != nullptr) out = out.first(static_cast<std::size_t>(limits.rate->piece(out.size())));
  OBJSTORE_ASSIGN(const std::size_t got,
                  self.plain_left ? self.read_plain(out, limits) : self.read_chunked(out, limits));
  if (got > 0 && limits.rate != nullptr) OBJSTORE_TRY(limits.rate->take(got, limits.stop));
  return got;
}

bool HttpConnection::reusable() const noexcept {
  const Impl& self = *impl_;
  return !self.failed && self.request_complete && self.parser && self.body_done() && self.parser->keep_alive() &&
         self.buffer.size() == 0;
}

bool HttpConnection::idle_and_open() {
  return !impl_->stream->has_input();
}

bool HttpConnection::answered() const noexcept {
  return impl_->answered;
}

}  // namespace objstore::client
