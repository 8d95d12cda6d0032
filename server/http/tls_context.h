// The server's side of TLS: certificate, key and what is accepted. Immutable once loaded; connections share it, so that
// another one can be loaded while they live.
#pragma once

#include <objstore/error.h>

#include <memory>
#include <string>

namespace objstore::http {

class TlsContext {
 public:
  // PEM files; the certificate's may hold its chain. kInvalidArgument, with the reason, when they cannot be used.
  // TLS 1.2 and 1.3 with forward secrecy and AEAD only; no renegotiation, no compression; ALPN knows http/1.1.
  static Result<std::shared_ptr<TlsContext>> load(const std::string& certificate_file, const std::string& key_file);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  struct Impl;
  Impl& impl() noexcept { return *impl_; }

 private:
  explicit TlsContext(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace objstore::http
