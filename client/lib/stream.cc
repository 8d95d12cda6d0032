#include "client/lib/stream.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "client/lib/socket.h"
#include "client/lib/tls_bio.h"

namespace objstore::client {
namespace {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "unknown TLS error" : reason;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, 16> parsed{};
  return inet_pton(AF_INET, host.c_str(), parsed.data()) == 1 || inet_pton(AF_INET6, host.c_str(), parsed.data()) == 1;
}

std::unexpected<Error> broken(std::string_view what) {
  return fail(Errc::kUnreachable, "the connection broke: " + std::string(what));
}

}  // namespace

struct TlsContext::Impl {
  std::unique_ptr<SSL_CTX, SslDeleter> context;
  bool verify = true;
};

TlsContext::TlsContext(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TlsContext::TlsContext(TlsContext&&) noexcept = default;
TlsContext& TlsContext::operator=(TlsContext&&) noexcept = default;
TlsContext::~TlsContext() = default;

Result<TlsContext> TlsContext::create(const std::string& ca_bundle, bool verify) {
  auto impl = std::make_unique<Impl>();
  impl->verify = verify;
  impl->context.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = impl->context.get();
  if (context == nullptr) return fail(Errc::kInternal, "cannot set up TLS: " + openssl_reason());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_verify(context, verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  const int loaded = ca_bundle.empty() ? SSL_CTX_set_default_verify_paths(context)
                                       : SSL_CTX_load_verify_file(context, ca_bundle.c_str());
  if (loaded != 1) {
    return fail(Errc::kInvalidArgument, "cannot use the CA bundle '" + ca_bundle + "': " + openssl_reason());
  }
  return TlsContext(std::move(impl));
}

struct Stream::Impl {
  Socket socket;
  std::unique_ptr<SSL, SslDeleter> ssl;  // null: plain

  Status handshake(const Endpoint& endpoint, const TlsContext& tls, const IoLimits& limits);
  Status set_peer_name(const std::string& host);
  // Whether the operation may be tried again; an error when not.
  Status wait_tls(int result, std::chrono::milliseconds timeout, const std::stop_token& stop);
  Result<std::size_t> write_some(ByteView bytes, const IoLimits& limits);
};

Status Stream::Impl::set_peer_name(const std::string& host) {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl.get());
  if (is_ip_address(host)) {
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, host.c_str()) == 1) return {};
  } else {
    X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set_tlsext_host_name(ssl.get(), host.c_str()) == 1 && SSL_set1_host(ssl.get(), host.c_str()) == 1)
      return {};
  }
  return fail(Errc::kInvalidArgument, "'" + host + "' cannot be the name in a certificate");
}

Status Stream::Impl::wait_tls(int result, std::chrono::milliseconds timeout, const std::stop_token& stop) {
  switch (SSL_get_error(ssl.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return wait_for(socket.fd(), POLLIN, timeout, stop);
    case SSL_ERROR_WANT_WRITE:
      return wait_for(socket.fd(), POLLOUT, timeout, stop);
    case SSL_ERROR_SYSCALL:
      return broken(errno == 0 ? "closed by the other side" : std::strerror(errno));
    default:
      return broken(openssl_reason());
  }
}

Status Stream::Impl::handshake(const Endpoint& endpoint, const TlsContext& tls, const IoLimits& limits) {
  ssl.reset(SSL_new(tls.impl_->context.get()));
  BIO* bio = new_socket_bio(socket.fd());
  if (!ssl || bio == nullptr) return fail(Errc::kInternal, "cannot set up TLS: " + openssl_reason());
  SSL_set_bio(ssl.get(), bio, bio);
  OBJSTORE_TRY(set_peer_name(endpoint.host));
  while (true) {
    ERR_clear_error();
    const int result = SSL_connect(ssl.get());
    if (result == 1) return {};
    const long verdict = SSL_get_verify_result(ssl.get());
    if (tls.impl_->verify && verdict != X509_V_OK) {
      return fail(Errc::kUnreachable, "the certificate of " + endpoint.authority() +
                                          " is not trusted: " + X509_verify_cert_error_string(verdict));
    }
    auto waited = wait_tls(result, limits.connect_timeout, limits.stop);
    if (!waited) {
      if (waited.error().code == Errc::kUnreachable) {
        waited.error().message = "no TLS with " + endpoint.authority() + ": " + waited.error().message;
      }
      return waited;
    }
  }
}

Stream::Stream(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Stream::~Stream() {
  // One attempt to say goodbye, so that the other side can tell an end from a cut; nobody waits for its answer.
  if (impl_->ssl && SSL_is_init_finished(impl_->ssl.get()) == 1) SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
}

Result<std::unique_ptr<Stream>> Stream::connect(const Endpoint& endpoint, const TlsContext* tls,
                                                const IoLimits& limits) {
  auto impl = std::make_unique<Impl>();
  OBJSTORE_ASSIGN(impl->socket, Socket::connect(endpoint, limits.connect_timeout, limits.stop));
  if (tls != nullptr) OBJSTORE_TRY(impl->handshake(endpoint, *tls, limits));
  return std::unique_ptr<Stream>(new Stream(std::move(impl)));
}

Result<std::size_t> Stream::read_some(MutableBytes out, const IoLimits& limits) {
  const int fd = impl_->socket.fd();
  while (true) {
    if (SSL* ssl = impl_->ssl.get(); ssl != nullptr) {
      ERR_clear_error();
      errno = 0;
      std::size_t got = 0;
      const int result = SSL_read_ex(ssl, out.data(), out.size(), &got);
      if (result == 1) return got;
      if (SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN) return 0;
      OBJSTORE_TRY(impl_->wait_tls(result, limits.io_timeout, limits.stop));
      continue;
    }
    const auto got = ::recv(fd, out.data(), out.size(), 0);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      OBJSTORE_TRY(wait_for(fd, POLLIN, limits.io_timeout, limits.stop));
    } else if (errno != EINTR) {
      return broken(std::strerror(errno));
    }
  }
}

Result<std::size_t> Stream::Impl::write_some(ByteView bytes, const IoLimits& limits) {
  while (true) {
    if (ssl) {
      ERR_clear_error();
      errno = 0;
      std::size_t sent = 0;
      const int result = SSL_write_ex(ssl.get(), bytes.data(), bytes.size(), &sent);
      if (result == 1) return sent;
      OBJSTORE_TRY(wait_tls(result, limits.io_timeout, limits.stop));
      continue;
    }
    const auto sent = ::send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) return static_cast<std::size_t>(sent);
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      OBJSTORE_TRY(wait_for(socket.fd(), POLLOUT, limits.io_timeout, limits.stop));
    } else if (errno != EINTR) {
      return broken(std::strerror(errno));
    }
  }
}

Status Stream::write_all(ByteView bytes, const IoLimits& limits) {
  while (!bytes.empty()) {
    // A fast receiver would otherwise never let us wait, and so never see the stop.
    if (limits.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_ASSIGN(const std::size_t sent, impl_->write_some(bytes, limits));
    bytes = bytes.subspan(sent);
  }
  return {};
}

bool Stream::has_input() {
  std::byte probe{};
  if (SSL* ssl = impl_->ssl.get(); ssl != nullptr) {
    // What is readable on the socket may be a session ticket: only OpenSSL knows whether there is a byte for us.
    ERR_clear_error();
    const int result = SSL_peek(ssl, &probe, 1);
    if (result > 0) return true;
    const int error = SSL_get_error(ssl, result);
    return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
  }
  const auto got = ::recv(impl_->socket.fd(), &probe, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

Result<bool> Stream::wait_input(std::chrono::milliseconds time, const IoLimits& limits) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (!has_input()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    const auto waited = wait_for(impl_->socket.fd(), POLLIN, left, limits.stop);
    if (!waited && waited.error().code == Errc::kTimeout) return false;
    OBJSTORE_TRY(waited);
  }
  return true;
}

}  // namespace objstore::client
