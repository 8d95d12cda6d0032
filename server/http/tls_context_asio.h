// What stream.cc needs of a TlsContext: keeps Asio's TLS headers out of everybody else.
#pragma once

#include <boost/asio/ssl/context.hpp>

#include "server/http/tls_context.h"

namespace objstore::http {

struct TlsContext::Impl {
  boost::asio::ssl::context context{boost::asio::ssl::context::tls_server};
};

inline boost::asio::ssl::context& native_context(TlsContext& tls) {
  return tls.impl().context;
}

}  // namespace objstore::http
