#include "bench/load/socket.h"

#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

namespace objstore::bench {
namespace {

constexpr timeval kSilence{60, 0};
constexpr std::size_t kJoinedBytesMax = 16384;  // a TLS record

std::unexpected<Error> io_error(const char* what) {
  const bool is_late = errno == EAGAIN || errno == EWOULDBLOCK;
  return fail(is_late ? Errc::kTimeout : Errc::kIo, std::string(what) + ": " + std::strerror(errno));
}

std::unexpected<Error> tls_error(const char* what) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_get_error(), text.data(), text.size());
  return fail(Errc::kIo, std::string(what) + ": " + text.data());
}

}  // namespace

Target::Target() : native_(std::make_unique<Native>()) {}
Target::~Target() = default;

Result<std::shared_ptr<const Target>> Target::resolve(const std::string& endpoint, const std::string& ca_file,
                                                      bool insecure) {
  std::shared_ptr<Target> target(new Target);
  const bool is_tls = endpoint.starts_with("https://");
  if (!is_tls && !endpoint.starts_with("http://"))
    return fail(Errc::kInvalidArgument, "an endpoint is http[s]://HOST[:PORT]");
  target->host_header_ = endpoint.substr(endpoint.find("//") + 2);
  while (target->host_header_.ends_with('/')) target->host_header_.pop_back();
  const std::size_t colon = target->host_header_.rfind(':');
  const bool has_port = colon != std::string::npos && !target->host_header_.ends_with(']');
  target->host_ = target->host_header_.substr(0, has_port ? colon : std::string::npos);
  if (target->host_.starts_with('[')) target->host_ = target->host_.substr(1, target->host_.size() - 2);
  const std::string port = has_port ? target->host_header_.substr(colon + 1) : (is_tls ? "443" : "80");

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(target->host_.c_str(), port.c_str(), &hints, &found); error != 0)
    return fail(Errc::kUnreachable, endpoint + ": " + ::gai_strerror(error));
  std::memcpy(&target->native_->address, found->ai_addr, found->ai_addrlen);
  target->native_->address_length = found->ai_addrlen;
  ::freeaddrinfo(found);

  if (!is_tls) return target;
  auto& tls = target->native_->tls;
  tls.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(tls.get(), insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(tls.get())
                                     : SSL_CTX_load_verify_locations(tls.get(), ca_file.c_str(), nullptr);
  if (loaded != 1) return tls_error("the authorities cannot be read");
  return target;
}

Socket::~Socket() {
  if (fd_ >= 0) ::close(fd_);
}

Status Socket::connect(const Target::Native& to, const std::string& host) {
  fd_ = ::socket(to.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return io_error("socket");
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kSilence, sizeof kSilence);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kSilence, sizeof kSilence);
  ::setsockopt(fd_, IPPROTO_TCP, TCP_CONGESTION, "cubic", 5);  // bbr halves what loopback carries
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&to.address), to.address_length) != 0) {
    return fail(Errc::kUnreachable, std::string("connect: ") + std::strerror(errno));
  }
  return to.tls ? start_tls(to.tls.get(), host) : Status();
}

Status Socket::start_tls(SSL_CTX* context, const std::string& host) {
  tls_.reset(SSL_new(context));
  SSL_set_fd(tls_.get(), fd_);
  SSL_set_tlsext_host_name(tls_.get(), host.c_str());
  if (SSL_get_verify_mode(tls_.get()) != SSL_VERIFY_NONE) SSL_set1_host(tls_.get(), host.c_str());
  if (SSL_connect(tls_.get()) != 1) return tls_error("the TLS handshake failed");
  return {};
}

Status Socket::send(ByteView head, ByteView body) {
  if (!tls_) return send_plain(head, body);
  if (head.size() + body.size() <= kJoinedBytesMax) {
    std::array<std::byte, kJoinedBytesMax> joined;
    std::ranges::copy(head, joined.begin());
    std::ranges::copy(body, joined.begin() + static_cast<std::ptrdiff_t>(head.size()));
    return send_tls(ByteView(joined).first(head.size() + body.size()));
  }
  OBJSTORE_TRY(send_tls(head));
  return send_tls(body);
}

Status Socket::send_plain(ByteView head, ByteView body) {
  while (!head.empty() || !body.empty()) {
    std::array<iovec, 2> parts = {iovec{const_cast<std::byte*>(head.data()), head.size()},
                                  iovec{const_cast<std::byte*>(body.data()), body.size()}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    const ssize_t sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return io_error("send");
    const std::size_t of_head = std::min(head.size(), static_cast<std::size_t>(sent));
    head = head.subspan(of_head);
    body = body.subspan(static_cast<std::size_t>(sent) - of_head);
  }
  return {};
}

Status Socket::send_tls(ByteView bytes) {
  while (!bytes.empty()) {
    const int piece = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
    const int sent = SSL_write(tls_.get(), bytes.data(), piece);
    if (sent <= 0) return tls_error("send");
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::size_t> Socket::receive_plain(MutableBytes out, int flags) {
  for (;;) {
    const ssize_t got = ::recv(fd_, out.data(), out.size(), flags);
    if (got > 0) return static_cast<std::size_t>(got);
    if (got == 0) return fail(Errc::kIo, "the server closed the connection");
    if (errno != EINTR) return io_error("receive");
  }
}

Result<std::size_t> Socket::receive(MutableBytes out) {
  if (!tls_) return receive_plain(out, 0);
  const int got = SSL_read(tls_.get(), out.data(), static_cast<int>(std::min<std::size_t>(out.size(), INT_MAX)));
  if (got <= 0) return tls_error("receive");
  return static_cast<std::size_t>(got);
}

// The kernel throws the bytes away itself (MSG_TRUNC), so that the generator takes less of the machine that it shares
// with the server.
Result<std::size_t> Socket::drop(MutableBytes scratch) {
  return tls_ ? receive(scratch) : receive_plain(scratch, MSG_TRUNC);
}

}  // namespace objstore::bench
