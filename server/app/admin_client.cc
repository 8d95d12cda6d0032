#include "server/app/admin_client.h"

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/wire/sigv4.h"
#include "server/app/stream_socket.h"

namespace objstore::app {
namespace {

constexpr std::size_t kReplyBytesMax = std::size_t{16} << 20;  // a report with all its findings

struct Url {
  StreamTarget target;
  std::string authority;  // as it stands in the URL
};

Result<Url> parse_url(const AdminTarget& admin) {
  std::string_view rest = admin.url;
  Url url;
  if (rest.starts_with("https://")) {
    url.target.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return fail(Errc::kInvalidArgument, "an endpoint is http://HOST:PORT or https://HOST:PORT");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);
  url.authority = rest;
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string_view::npos && rest.find(']', colon) == std::string_view::npos;
  auto host = rest.substr(0, has_port ? colon : rest.size());
  url.target.port = has_port ? std::string(rest.substr(colon + 1)) : (url.target.tls ? "443" : "80");
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of(" /?#@") != std::string_view::npos || !parse_u64(url.target.port))
    return fail(Errc::kInvalidArgument, "an endpoint is http://HOST:PORT or https://HOST:PORT");
  url.target.host = host;
  url.target.certificate = admin.certificate;
  return url;
}

std::string text_of(const wire::OutgoingRequest& request) {
  const std::string query = request.query.empty() ? std::string() : "?" + request.query;
  std::string text = request.method + " " + request.path + query + " HTTP/1.1\r\n";
  for (const auto& header : request.headers) text += header.name + ": " + header.value + "\r\n";
  return text + "\r\n";
}

Result<AdminReply> parse_reply(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (!text.starts_with("HTTP/1.1 ") || text.size() < 12 || end == std::string_view::npos)
    return fail(Errc::kMalformed, "the answer is no HTTP reply");
  const auto status = parse_u64(text.substr(9, 3));
  if (!status) return fail(Errc::kMalformed, "the answer is no HTTP reply");
  AdminReply reply{.status = static_cast<int>(*status), .body = std::string(text.substr(end + 4))};
  for (auto head = text.substr(0, end + 2); !head.empty();) {
    const auto line = head.substr(0, head.find("\r\n"));
    head.remove_prefix(line.size() + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !equals_ignore_case(line.substr(0, colon), "content-length")) continue;
    if (parse_u64(trim(line.substr(colon + 1))) != reply.body.size())
      return fail(Errc::kIo, "the connection broke while the reply was read");
  }
  return reply;
}

}  // namespace

Result<AdminReply> admin_request(const AdminTarget& target, const auth::AccessKey& key, std::string_view method,
                                 std::string_view path, std::string_view query) {
  OBJSTORE_ASSIGN(const auto url, parse_url(target));
  wire::OutgoingRequest request{
      .method = std::string(method), .path = std::string(path), .query = std::string(query), .headers = {}};
  request.headers.add("Host", url.authority);
  request.headers.add("Connection", "close");
  if (method == "POST") request.headers.add("Content-Length", "0");
  const wire::Credentials credentials{.access_key = key.id, .secret_key = key.secret, .session_token = {}};
  const wire::SigningOptions options{.region = target.region, .service = "s3", .now_ms = SystemClock().now_ms()};
  OBJSTORE_TRY(wire::sign_request(request, credentials, options, wire::kEmptySha256));
  OBJSTORE_ASSIGN(auto socket, StreamSocket::connect(url.target));
  OBJSTORE_TRY(socket.write_all(text_of(request)));
  OBJSTORE_ASSIGN(const auto text, socket.read_all(kReplyBytesMax));
  return parse_reply(text);
}

}  // namespace objstore::app
