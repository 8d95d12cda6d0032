#include "client/lib/s3_caller.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/lib/retry.h"
#include "common/base/digest.h"
#include "common/wire/sigv4.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::size_t kErrorDocumentBytesMax = 64 * 1024;
constexpr std::size_t kReadBlockBytes = 16 * 1024;

wire::Credentials for_wire(const Credentials& from) {
  return {.access_key = from.access_key, .secret_key = from.secret_key, .session_token = from.session_token};
}

std::string resource_of(const S3Request& request) {
  if (request.bucket.empty()) return "the service";
  return request.key.empty() ? request.bucket : request.bucket + "/" + request.key;
}

// truncate: what is beyond the limit does not matter (it is only an error's text).
Result<std::string> read_all(Incoming& incoming, std::size_t bytes_max, bool truncate) {
  std::string out;
  std::byte block[kReadBlockBytes];
  while (true) {
    OBJSTORE_ASSIGN(const std::size_t got, incoming.read(block));
    if (got == 0) return out;
    if (out.size() + got > bytes_max) {
      if (truncate) return out;
      return fail(Errc::kTooLarge, "the answer is longer than " + std::to_string(bytes_max) + " bytes");
    }
    out += as_text(ByteView(block).first(got));
  }
}

S3Failure failure_of(Incoming& incoming, const S3Request& request) {
  // The status says enough when the rest of a refusal gets lost.
  const std::string body = read_all(incoming, kErrorDocumentBytesMax, true).value_or(std::string());
  const HttpResponseHead& head = incoming.head();
  S3Failure failure = s3_failure(head.status, head.headers, body, resource_of(request));
  // Of a HEAD's 404 only the request tells what is missing.
  if (failure.s3_code.empty() && failure.code == Errc::kNotFound && !request.bucket.empty()) {
    failure.code = request.key.empty() ? Errc::kNoSuchBucket : Errc::kNoSuchKey;
  }
  return failure;
}

}  // namespace

Status sleep_or_stop(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, stop, time, [] { return false; });
  if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
  return {};
}

bool is_retryable(const S3Failure& failure) noexcept {
  if (failure.status == 0) return is_retryable(failure.code);
  return is_retryable(failure.status, failure.s3_code);
}

S3Caller::S3Caller(Options options, Transport& transport, const Clock& clock, Sleep sleep)
    : options_(std::move(options)), transport_(transport), clock_(clock), sleep_(std::move(sleep)) {}

Result<HttpRequest> S3Caller::prepare(const S3Request& request, Location& where) const {
  where = locate(options_.endpoint, options_.addressing, request.bucket, request.key);
  wire::OutgoingRequest outgoing{
      .method = request.method, .path = where.path, .query = request.query, .headers = request.headers};
  outgoing.headers.set("Host", where.endpoint.authority());
  outgoing.headers.set("User-Agent", options_.user_agent);
  const bool may_have_body = request.method == "PUT" || request.method == "POST";
  const std::uint64_t length = request.body == nullptr ? 0 : request.body->size();
  if (may_have_body) outgoing.headers.set("Content-Length", std::to_string(length));
  if (length >= kExpectContinueBytesMin) outgoing.headers.set("Expect", "100-continue");
  if (options_.credentials) {
    std::string_view payload = request.body_sha256;
    if (payload.empty()) payload = length == 0 ? wire::kEmptySha256 : wire::kUnsignedPayload;
    const wire::SigningOptions signing{.region = options_.region, .now_ms = clock_.now_ms()};
    OBJSTORE_TRY(wire::sign_request(outgoing, for_wire(*options_.credentials), signing, payload));
  }
  HttpRequest out{.method = request.method,
                  .target = where.path,
                  .headers = std::move(outgoing.headers),
                  .body = request.body,
                  .on_sent = request.on_sent};
  if (!request.query.empty()) out.target += "?" + request.query;
  return out;
}

S3Result<std::unique_ptr<Incoming>> S3Caller::open_once(const S3Request& request) const {
  Location where;
  OBJSTORE_ASSIGN(const HttpRequest http, prepare(request, where));
  const IoLimits limits{.connect_timeout = options_.connect_timeout,
                        .io_timeout = options_.io_timeout,
                        .stop = request.stop,
                        .rate = options_.rate};
  OBJSTORE_ASSIGN(auto incoming, transport_.send(where.endpoint, http, limits));
  const int status = incoming->head().status;
  if (status < 200 || status > 299) return std::unexpected(failure_of(*incoming, request));
  return incoming;
}

Result<HttpResponseHead> S3Caller::probe() const {
  Location where;
  OBJSTORE_ASSIGN(const HttpRequest http, prepare({}, where));
  const IoLimits limits{.connect_timeout = options_.connect_timeout, .io_timeout = options_.io_timeout, .stop = {}};
  OBJSTORE_ASSIGN(const auto incoming, transport_.send(where.endpoint, http, limits));
  return incoming->head();
}

S3Result<S3Response> S3Caller::call_once(const S3Request& request) const {
  auto incoming = open_once(request);
  if (!incoming) return std::unexpected(std::move(incoming.error()));
  OBJSTORE_ASSIGN(std::string body, read_all(**incoming, kDocumentBytesMax, false));
  const HttpResponseHead& head = (*incoming)->head();
  if (is_error_document(body)) {
    return std::unexpected(s3_failure(head.status, head.headers, body, resource_of(request)));
  }
  return S3Response{.status = head.status, .headers = head.headers, .body = std::move(body)};
}

Status S3Caller::pause(unsigned attempt, const S3Failure& failure, const std::stop_token& stop) const {
  return sleep_(backoff(attempt, random_u64(), failure.retry_after), stop);
}

template <typename T, typename Attempt>
S3Result<T> S3Caller::repeat(const S3Request& request, Attempt attempt_once) const {
  for (unsigned attempt = 1;; ++attempt) {
    S3Result<T> result = attempt_once();
    if (result || attempt >= options_.attempts_max || !is_retryable(result.error())) return result;
    OBJSTORE_TRY(pause(attempt, result.error(), request.stop));
  }
}

S3Result<S3Response> S3Caller::call(const S3Request& request) const {
  return repeat<S3Response>(request, [&] { return call_once(request); });
}

S3Result<std::unique_ptr<Incoming>> S3Caller::open(const S3Request& request) const {
  return repeat<std::unique_ptr<Incoming>>(request, [&] { return open_once(request); });
}

Result<std::string> S3Caller::presign(const std::string& method, const ObjectName& object,
                                      std::uint32_t expires_s) const {
  if (!options_.credentials) return fail(Errc::kAccessDenied, "a URL can be signed only with credentials");
  const Location where = locate(options_.endpoint, options_.addressing, object.bucket.str(), object.key.str());
  wire::OutgoingRequest request{.method = method, .path = where.path, .query = {}, .headers = {}};
  request.headers.set("Host", where.endpoint.authority());
  const wire::SigningOptions signing{.region = options_.region, .now_ms = clock_.now_ms()};
  OBJSTORE_ASSIGN(const std::string query,
                  wire::presign_query(request, for_wire(*options_.credentials), signing, expires_s));
  return where.endpoint.url() + where.path + "?" + query;
}

}  // namespace objstore::client
