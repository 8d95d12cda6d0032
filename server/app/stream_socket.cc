#include "server/app/stream_socket.h"

#include <netdb.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <span>
#include <system_error>

namespace objstore::app {
namespace {

template <auto Free>
struct FreeWith {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using ContextPtr = std::unique_ptr<SSL_CTX, FreeWith<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, FreeWith<SSL_free>>;
using CertificatePtr = std::unique_ptr<X509, FreeWith<X509_free>>;

std::string reason(int code) {
  return std::generic_category().message(code);
}

Result<int> connect_tcp(const StreamTarget& target) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const std::string name = target.host + ":" + target.port;
  if (const int code = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found); code != 0)
    return fail(Errc::kUnreachable, name + ": " + ::gai_strerror(code));
  const std::unique_ptr<addrinfo, FreeWith<::freeaddrinfo>> addresses(found);
  int last = 0;
  for (const auto* a = addresses.get(); a != nullptr; a = a->ai_next) {
    const int fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (fd < 0) continue;
    const timeval timeout{.tv_sec = StreamSocket::kTimeoutSeconds, .tv_usec = 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
    if (::connect(fd, a->ai_addr, a->ai_addrlen) == 0) return fd;
    last = errno;
    ::close(fd);
  }
  return fail(Errc::kUnreachable, name + ": " + reason(last));
}

CertificatePtr read_certificate(const std::string& path) {
  const std::unique_ptr<FILE, FreeWith<::fclose>> file(std::fopen(path.c_str(), "re"));
  return CertificatePtr(file ? PEM_read_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
}

// The server told us by a file that only we may read which certificate it shows, so that a self-signed one is as good.
Status check_pinned(SSL* ssl, const std::string& path) {
  const auto pinned = read_certificate(path);
  if (!pinned) return fail(Errc::kIo, path + ": no certificate can be read from it");
  const CertificatePtr shown(SSL_get1_peer_certificate(ssl));
  if (!shown || X509_cmp(shown.get(), pinned.get()) != 0)
    return fail(Errc::kAccessDenied, "the server's certificate is not the one of " + path);
  return {};
}

}  // namespace

struct StreamSocket::Impl {
  int fd = -1;
  ContextPtr context;
  SslPtr ssl;

  ~Impl() {
    ssl.reset();
    if (fd >= 0) ::close(fd);
  }

  Status start_tls(const StreamTarget& target) {
    context.reset(SSL_CTX_new(TLS_client_method()));
    if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1)
      return fail(Errc::kInternal, "TLS cannot be set up");
    const bool pinned = !target.certificate.empty();
    if (!pinned) {
      SSL_CTX_set_default_verify_paths(context.get());
      SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    }
    // What OpenSSL says of a peer that closes without a word is no error here: replies state their length.
    SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
    ssl.reset(SSL_new(context.get()));
    if (!ssl || SSL_set_fd(ssl.get(), fd) != 1 || SSL_set_tlsext_host_name(ssl.get(), target.host.c_str()) != 1)
      return fail(Errc::kInternal, "TLS cannot be set up");
    auto* parameters = SSL_get0_param(ssl.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, target.host.c_str()) != 1)
      X509_VERIFY_PARAM_set1_host(parameters, target.host.c_str(), target.host.size());
    if (SSL_connect(ssl.get()) != 1) {
      const long verdict = SSL_get_verify_result(ssl.get());
      return fail(Errc::kAccessDenied, verdict == X509_V_OK ? "the TLS handshake failed"
                                                            : std::string("the server's certificate is not trusted: ") +
                                                                  X509_verify_cert_error_string(verdict));
    }
    return pinned ? check_pinned(ssl.get(), target.certificate) : Status();
  }

  ssize_t send(std::string_view bytes) const {
    if (ssl) return SSL_write(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  ssize_t receive(std::span<char> out) const {
    if (!ssl) return ::recv(fd, out.data(), out.size(), 0);
    const int n = SSL_read(ssl.get(), out.data(), static_cast<int>(out.size()));
    return n <= 0 && SSL_get_error(ssl.get(), n) == SSL_ERROR_ZERO_RETURN ? 0 : n;
  }
};

StreamSocket::StreamSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamSocket::StreamSocket(StreamSocket&&) noexcept = default;
StreamSocket& StreamSocket::operator=(StreamSocket&&) noexcept = default;
StreamSocket::~StreamSocket() = default;

Result<StreamSocket> StreamSocket::connect(const StreamTarget& target) {
  auto impl = std::make_unique<Impl>();
  OBJSTORE_ASSIGN(impl->fd, connect_tcp(target));
  if (target.tls) OBJSTORE_TRY(impl->start_tls(target));
  return StreamSocket(std::move(impl));
}

Status StreamSocket::write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = impl_->send(bytes);
    if (n <= 0) return fail(Errc::kIo, "the connection broke while the request was sent");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<std::string> StreamSocket::read_all(std::size_t limit) {
  std::string text;
  std::array<char, 16 * 1024> block;
  for (;;) {
    errno = 0;
    const auto n = impl_->receive(block);
    if (n == 0) return text;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return fail(Errc::kTimeout, "the server did not answer in time");
    if (n < 0) return fail(Errc::kIo, "the connection broke while the reply was read");
    text.append(block.data(), static_cast<std::size_t>(n));
    if (text.size() > limit) return fail(Errc::kTooLarge, "the reply is too large");
  }
}

}  // namespace objstore::app
