#include "bench/load/signer.h"

#include <utility>

#include "common/wire/time.h"

namespace objstore::bench {
namespace {

constexpr std::string_view kSignedHeaders = "host;x-amz-content-sha256;x-amz-date";

}  // namespace

Signer::Signer(wire::Credentials credentials, std::string region, std::string host)
    : credentials_(std::move(credentials)), host_(std::move(host)), scope_{"", std::move(region), "s3"} {}

void Signer::refresh() {
  const std::time_t now = std::time(nullptr);
  if (now == second_) return;
  second_ = now;
  amz_date_ = wire::format_amz_date(std::int64_t{now} * 1000);
  const std::string_view day = std::string_view(amz_date_).substr(0, 8);
  if (day == scope_.date) return;
  scope_.date = day;
  key_ = wire::derive_signing_key(credentials_.secret_key, scope_);
}

std::string_view Signer::canonical(const RequestLine& line, std::string_view payload) {
  canonical_.clear();
  canonical_.append(line.method).append("\n").append(line.path).append("\n").append(line.query);
  canonical_.append("\nhost:").append(host_).append("\nx-amz-content-sha256:").append(payload);
  canonical_.append("\nx-amz-date:").append(amz_date_).append("\n\n");
  canonical_.append(kSignedHeaders).append("\n").append(payload);
  return canonical_;
}

std::string_view Signer::head(const RequestLine& line, std::string_view payload,
                              std::optional<std::uint64_t> content_length) {
  refresh();
  const std::string to_sign = wire::string_to_sign(amz_date_, scope_, canonical(line, payload));
  const std::string signature = wire::signature_of(key_, to_sign);
  head_.clear();
  head_.append(line.method).append(" ").append(line.path);
  if (!line.query.empty()) head_.append("?").append(line.query);
  head_.append(" HTTP/1.1\r\nHost: ").append(host_);
  head_.append("\r\nx-amz-content-sha256: ").append(payload);
  head_.append("\r\nx-amz-date: ").append(amz_date_);
  head_.append("\r\nAuthorization: AWS4-HMAC-SHA256 Credential=").append(credentials_.access_key).append("/");
  head_.append(scope_.str()).append(", SignedHeaders=").append(kSignedHeaders);
  head_.append(", Signature=").append(signature);
  if (content_length) head_.append("\r\nContent-Length: ").append(std::to_string(*content_length));
  head_.append("\r\n\r\n");
  return head_;
}

}  // namespace objstore::bench
