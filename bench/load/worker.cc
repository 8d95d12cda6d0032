#include "bench/load/worker.h"

#include <array>
#include <cstdio>
#include <utility>

#include "common/wire/uri.h"

namespace objstore::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kErrorTextBytesMax = 300;

// The text of the first such element; empty when there is none. Replies of a server under test are trusted so far.
std::string_view element(std::string_view xml, std::string_view name) {
  const std::string open = "<" + std::string(name) + ">";
  const std::size_t start = xml.find(open);
  if (start == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(start + open.size());
  return rest.substr(0, rest.find('<'));
}

std::uint64_t count_of(std::string_view text, std::string_view word) {
  std::uint64_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

// A file server with WebDAV says 201, or 204 over an old file, where S3 says 200.
bool is_expected(int status, int expected) {
  return status == expected || (expected == 200 && (status == 201 || status == 204));
}

}  // namespace

Worker::Worker(Bench& bench, unsigned number)
    : bench_(bench),
      connection_(bench.target),
      signer_({bench.options.access_key, bench.options.secret_key, ""}, bench.options.region,
              bench.target->host_header()),
      payload_(bench.payload),
      random_(number * 0x9e3779b97f4a7c15U + 1) {}

std::uint64_t Worker::random() noexcept {
  random_ = random_ * 6364136223846793005U + 1442695040888963407U;
  return random_ >> 33;
}

std::string Worker::path_of(std::uint64_t object) const {
  std::array<char, 24> digits;
  const int length = std::snprintf(digits.data(), digits.size(), "%012llu", static_cast<unsigned long long>(object));
  std::string path = "/" + bench_.options.bucket + "/" + bench_.options.prefix;
  return path.append(digits.data(), static_cast<std::size_t>(length));
}

void Worker::count(Timed timed, std::chrono::nanoseconds time, std::uint64_t bytes) {
  Measured& measured = tally_[timed];
  measured.latency.add(static_cast<std::uint64_t>(time.count()));
  measured.bytes += bytes;
}

void Worker::note(const Request& request, const Result<Reply>& reply, bool ok) {
  if (ok) return;
  ++tally_[request.timed].errors;
  if (!tally_.first_error.empty()) return;
  tally_.first_error.append(request.line.method).append(" ").append(request.line.path).append(": ");
  if (!reply) {
    tally_.first_error += reply.error().message;
  } else if (is_expected(reply->status, request.expected)) {
    tally_.first_error += "other bytes than were stored";
  } else {
    tally_.first_error += std::to_string(reply->status) + " " + reply->body.substr(0, kErrorTextBytesMax);
  }
}

// A payload is hashed before the clock starts: the generator's own work is not the server's latency.
std::optional<Reply> Worker::run(const Request& request) {
  std::string hash(request.body.empty() ? wire::kEmptySha256 : wire::kUnsignedPayload);
  const bool is_content = request.timed == Timed::kPut || request.timed == Timed::kPart;
  if (!request.body.empty() && !(is_content && bench_.options.unsigned_payload)) hash = to_hex(sha256(request.body));
  const bool is_counted = bench_.is_counting.load(std::memory_order_relaxed);
  const auto start = Clock::now();
  const auto length = request.has_body ? std::optional<std::uint64_t>(request.body.size()) : std::nullopt;
  Result<Reply> reply = connection_.exchange(signer_.head(request.line, hash, length), request.body, request.use);
  last_end_ = Clock::now();
  const bool right = !request.use.check || request.use.check->ok();
  const bool ok = reply && is_expected(reply->status, request.expected) && right;
  if (ok && is_counted) count(request.timed, last_end_ - start, request.body.size() + reply->body_bytes);
  note(request, reply, ok);
  if (!ok) return std::nullopt;
  return std::move(*reply);
}

bool Worker::put(std::uint64_t object) {
  const std::string path = path_of(object);
  return run({.timed = Timed::kPut, .line = {"PUT", path, ""}, .body = payload_.of(object), .has_body = true})
      .has_value();
}

bool Worker::get(std::uint64_t object) {
  const std::string path = path_of(object);
  PayloadCheck check(*bench_.payload, object);
  const BodyUse use{.check = bench_.options.verify ? &check : nullptr};
  return run({.timed = Timed::kGet, .line = {"GET", path, ""}, .use = use}).has_value();
}

bool Worker::stat(std::uint64_t object) {
  const std::string path = path_of(object);
  return run({.timed = Timed::kStat, .line = {"HEAD", path, ""}}).has_value();
}

bool Worker::remove(std::uint64_t object) {
  const std::string path = path_of(object);
  return run({.timed = Timed::kDelete, .line = {"DELETE", path, ""}, .expected = 204}).has_value();
}

bool Worker::list_page(bool& at_end) {
  std::string query;
  if (!list_token_.empty()) query = "continuation-token=" + wire::percent_encode(list_token_) + "&";
  query += "list-type=2&max-keys=1000&prefix=" + wire::percent_encode(bench_.options.prefix);
  const std::string path = "/" + bench_.options.bucket;
  const auto reply = run({.timed = Timed::kList, .line = {"GET", path, query}, .use = {.keep = true}});
  list_token_.clear();
  at_end = true;
  if (!reply) return false;
  if (bench_.is_counting.load(std::memory_order_relaxed)) tally_[Timed::kList].keys += count_of(reply->body, "<Key>");
  list_token_ = element(reply->body, "NextContinuationToken");
  at_end = list_token_.empty();
  return true;
}

std::optional<std::string> Worker::create_upload(std::uint64_t upload) {
  const std::string path = path_of(upload);
  const auto reply =
      run({.timed = Timed::kUpload, .line = {"POST", path, "uploads="}, .has_body = true, .use = {.keep = true}});
  if (!reply) return std::nullopt;
  return std::string(element(reply->body, "UploadId"));
}

bool Worker::put_part(std::uint64_t upload, const std::string& upload_id, std::uint64_t part, std::string& etag) {
  const std::string path = path_of(upload);
  const std::string query = "partNumber=" + std::to_string(part + 1) + "&uploadId=" + wire::percent_encode(upload_id);
  const auto reply = run({.timed = Timed::kPart,
                          .line = {"PUT", path, query},
                          .body = payload_.of(upload * bench_.options.parts + part),
                          .has_body = true});
  if (reply) etag = reply->etag;
  return reply.has_value();
}

bool Worker::complete_upload(std::uint64_t upload, const std::string& upload_id,
                             const std::vector<std::string>& etags) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < etags.size(); ++i) {
    xml += "<Part><PartNumber>" + std::to_string(i + 1) + "</PartNumber><ETag>" + etags[i] + "</ETag></Part>";
  }
  xml += "</CompleteMultipartUpload>";
  const std::string path = path_of(upload);
  return run({.timed = Timed::kComplete,
              .line = {"POST", path, "uploadId=" + wire::percent_encode(upload_id)},
              .body = as_bytes(xml),
              .has_body = true})
      .has_value();
}

Status Worker::make_bucket() {
  const std::string path = "/" + bench_.options.bucket;
  Result<Reply> reply = connection_.exchange(signer_.head({"PUT", path, ""}, wire::kEmptySha256, 0), {}, {});
  if (!reply) return std::unexpected(std::move(reply.error()));
  if (reply->status == 200 || reply->status == 409) return {};
  return fail(Errc::kInvalidArgument, "the bucket cannot be made: " + std::to_string(reply->status) + " " +
                                          reply->body.substr(0, kErrorTextBytesMax));
}

void Worker::mixed() {
  constexpr std::uint64_t kGetBelow = 45;
  constexpr std::uint64_t kPutBelow = kGetBelow + 15;
  constexpr std::uint64_t kDeleteBelow = kPutBelow + 10;
  const std::uint64_t die = random() % 100;
  if (own_.empty() || (die >= kGetBelow && die < kPutBelow)) {
    const std::uint64_t object = bench_.next_object++;
    if (put(object)) own_.push_back(object);
    return;
  }
  std::uint64_t& chosen = own_[random() % own_.size()];
  if (die < kGetBelow) {
    get(chosen);
  } else if (die < kDeleteBelow) {
    std::swap(chosen, own_.back());
    remove(own_.back());
    own_.pop_back();
  } else {
    stat(chosen);
  }
}

}  // namespace objstore::bench
