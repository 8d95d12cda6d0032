// TLS on a real socket, with certificates made here.
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/unit/http/playground.h"
#include "tests/unit/http/socket_client.h"

namespace objstore::http::testing {
namespace {

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using CertificatePtr = std::unique_ptr<X509, Freer<X509_free>>;
using ContextPtr = std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>>;
using SslPtr = std::unique_ptr<SSL, Freer<SSL_free>>;

// A folder with cert.pem and key.pem; removed at the end.
class Certificates {
 public:
  Certificates() {
    std::string pattern = (std::filesystem::temp_directory_path() / "objstore-tls-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder_ = pattern;
    write("first");
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }
  Certificates(const Certificates&) = delete;
  Certificates& operator=(const Certificates&) = delete;

  std::string certificate() const { return folder_ / "cert.pem"; }
  std::string key() const { return folder_ / "key.pem"; }

  // A fresh key and a self-signed certificate with this common name.
  void write(const std::string& name) const {
    const KeyPtr fresh(EVP_EC_gen("P-256"));
    const CertificatePtr made(X509_new());
    X509_set_version(made.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), fresh.get());
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1,
                               -1, 0);
    X509_set_issuer_name(made.get(), subject);
    REQUIRE(X509_sign(made.get(), fresh.get(), EVP_sha256()) > 0);
    FILE* file = std::fopen(certificate().c_str(), "w");
    PEM_write_X509(file, made.get());
    std::fclose(file);
    file = std::fopen(key().c_str(), "w");
    PEM_write_PrivateKey(file, fresh.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
  }

 private:
  std::filesystem::path folder_;
};

struct TlsChoices {
  int version_max = 0;            // 0: the library's
  const char* ciphers = nullptr;  // of TLS 1.2
  std::string_view alpn = {};     // as on the wire
};

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, const TlsChoices& choices = {})
      : socket_(port), context_(SSL_CTX_new(TLS_client_method())), ssl_(nullptr) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_security_level(context_.get(), 0);
    if (choices.version_max != 0) SSL_CTX_set_max_proto_version(context_.get(), choices.version_max);
    if (choices.ciphers) REQUIRE(SSL_CTX_set_cipher_list(context_.get(), choices.ciphers) == 1);
    ssl_.reset(SSL_new(context_.get()));
    if (!choices.alpn.empty()) {
      SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(choices.alpn.data()),
                          static_cast<unsigned>(choices.alpn.size()));
    }
    SSL_set_fd(ssl_.get(), socket_.fd());
    is_connected_ = SSL_connect(ssl_.get()) == 1;
  }

  bool is_connected() const { return is_connected_; }
  std::string version() const { return SSL_get_version(ssl_.get()); }
  std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return std::string(reinterpret_cast<const char*>(name), size);
  }
  std::string common_name() const {
    const CertificatePtr certificate(SSL_get1_peer_certificate(ssl_.get()));
    char name[64] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name, sizeof(name));
    return name;
  }
  void send(std::string_view bytes) { SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())); }
  // Everything until the server has closed properly.
  std::string read_all() {
    std::string all;
    char piece[16'384];
    int count = 0;
    while ((count = SSL_read(ssl_.get(), piece, sizeof(piece))) > 0) all.append(piece, static_cast<std::size_t>(count));
    was_closed_properly_ = SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN;
    return all;
  }
  bool was_closed_properly() const { return was_closed_properly_; }
  bool renegotiate() { return SSL_renegotiate(ssl_.get()) == 1 && SSL_do_handshake(ssl_.get()) == 1; }

 private:
  SocketClient socket_;
  ContextPtr context_;
  SslPtr ssl_;
  bool is_connected_ = false;
  bool was_closed_properly_ = false;
};

Options tls_options(const Certificates& certificates) {
  Options options = quiet_options();
  options.listeners = {Listener{.host = "127.0.0.1", .tls = true}};
  options.certificate_file = certificates.certificate();
  options.private_key_file = certificates.key();
  return options;
}

const std::string kLast = "Connection: close\r\n";

TEST_CASE("requests are served over TLS, and the end is announced") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  TlsClient client(running.port());
  REQUIRE(client.is_connected());
  CHECK(client.version() == "TLSv1.3");
  const std::string body(300'000, 'x');
  client.send(request("PUT", "/sink", {}, body) + request("GET", "/source?1000000", kLast));
  const std::string all = client.read_all();
  CHECK(all.find("300000 ") != std::string::npos);
  CHECK(all.size() > 1'000'000);
  CHECK(client.was_closed_properly());
  CHECK(running.playground.last_head().secure);
}

TEST_CASE("a reply that breaks off over TLS is not closed properly") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  TlsClient client(running.port());
  client.send(request("GET", "/broken?200000"));
  client.read_all();
  CHECK_FALSE(client.was_closed_properly());
}

TEST_CASE("old versions and weak ciphers are refused") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  CHECK_FALSE(TlsClient(running.port(), {.version_max = TLS1_VERSION}).is_connected());
  CHECK_FALSE(TlsClient(running.port(), {.version_max = TLS1_1_VERSION}).is_connected());
  for (const char* ciphers : {"ECDHE+AES128+SHA256:!AESGCM", "AES128-GCM-SHA256", "AES256-SHA", "aNULL"}) {
    INFO(ciphers);
    CHECK_FALSE(TlsClient(running.port(), {.version_max = TLS1_2_VERSION, .ciphers = ciphers}).is_connected());
  }
  TlsClient good(running.port(), {.version_max = TLS1_2_VERSION});
  CHECK(good.is_connected());
  CHECK(good.version() == "TLSv1.2");
  CHECK(running.server.stats().handshakes_failed >= 6);
}

TEST_CASE("I12: renegotiation is refused") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  TlsClient client(running.port(), {.version_max = TLS1_2_VERSION});
  REQUIRE(client.is_connected());
  CHECK_FALSE(client.renegotiate());
}

TEST_CASE("only http/1.1 is negotiated, and a client that knows only h2 is served as without ALPN") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  using namespace std::string_view_literals;
  CHECK(TlsClient(running.port(), {.alpn = "\x02h2\x08http/1.1"sv}).alpn() == "http/1.1");
  TlsClient modern(running.port(), {.alpn = "\x02h2"sv});
  REQUIRE(modern.is_connected());
  CHECK(modern.alpn().empty());
  modern.send(request("GET", "/hello", kLast));
  CHECK(modern.read_all().ends_with("hello"));
}

TEST_CASE("new connections get a reloaded certificate and a broken one changes nothing") {
  const Certificates certificates;
  Running running(tls_options(certificates));
  TlsClient old(running.port());
  CHECK(old.common_name() == "first");
  certificates.write("second");
  REQUIRE(running.server.reload_certificates());
  CHECK(TlsClient(running.port()).common_name() == "second");
  std::filesystem::resize_file(certificates.certificate(), 10);
  CHECK_FALSE(running.server.reload_certificates());
  CHECK(TlsClient(running.port()).common_name() == "second");
  old.send(request("GET", "/hello", kLast));
  CHECK(old.read_all().ends_with("hello"));
}

TEST_CASE("I12: a handshake that does not come is not waited for") {
  const Certificates certificates;
  Options options = tls_options(certificates);
  options.timeouts.handshake = std::chrono::milliseconds(100);
  Running running(options);
  SocketClient silent(running.port());
  CHECK(silent.is_closed());
  SocketClient plain(running.port());
  plain.send(request("GET", "/hello"));
  CHECK_FALSE(plain.read_answer());
}

TEST_CASE("without a usable certificate the server does not start") {
  const Certificates certificates;
  Options options = tls_options(certificates);
  options.private_key_file = certificates.certificate();
  Playground playground;
  SystemClock clock;
  WorkerPool pool(1);
  Server server(options, playground, pool, clock);
  const auto started = server.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().code == Errc::kInvalidArgument);
}

}  // namespace
}  // namespace objstore::http::testing
