// Signed request heads, cheaply: a fixed set of headers, and the signing key and the date kept between requests.
// One thread.
#pragma once

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/digest.h"
#include "common/wire/sigv4.h"

namespace objstore::bench {

struct RequestLine {
  std::string_view method;
  std::string_view path;   // percent-encoded
  std::string_view query;  // percent-encoded, sorted, every name with '='; without '?'
};

class Signer {
 public:
  // host: as in the Host header.
  Signer(wire::Credentials credentials, std::string region, std::string host);
  // The whole head, valid until the next call. payload: as x-amz-content-sha256.
  std::string_view head(const RequestLine& line, std::string_view payload, std::optional<std::uint64_t> content_length);

 private:
  void refresh();
  std::string_view canonical(const RequestLine& line, std::string_view payload);

  const wire::Credentials credentials_;
  const std::string host_;
  std::time_t second_ = 0;
  std::string amz_date_;
  wire::CredentialScope scope_;
  Sha256 key_{};
  std::string canonical_;
  std::string head_;
};

}  // namespace objstore::bench
