// A transport without a network: each request is given to a script, which says what comes back. Any thread.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/lib/s3_caller.h"
#include "client/lib/transport.h"

namespace objstore::client {

struct FakeAnswer {
  int status = 200;
  wire::Headers headers{};
  std::string body{};
  std::optional<std::uint64_t> announced_length{};  // of a HEAD; else the body's
  std::optional<std::size_t> breaks_after{};        // the connection ends after that many bytes of the body
};

struct SeenRequest {
  std::string method;
  std::string target;
  wire::Headers headers;
  std::string body;
};

class FakeIncoming final : public Incoming {
 public:
  explicit FakeIncoming(FakeAnswer answer) : answer_(std::move(answer)) {
    head_ = {.status = answer_.status,
             .headers = answer_.headers,
             .content_length = answer_.announced_length.value_or(answer_.body.size())};
  }
  const HttpResponseHead& head() const override { return head_; }
  Result<std::size_t> read(MutableBytes out) override {
    const std::size_t end = answer_.breaks_after.value_or(answer_.body.size());
    if (at_ >= end && answer_.breaks_after) return fail(Errc::kUnreachable, "the connection broke");
    const std::size_t size = std::min(out.size(), end - at_);
    std::copy_n(as_bytes(answer_.body).begin() + static_cast<std::ptrdiff_t>(at_), size, out.begin());
    at_ += size;
    return size;
  }

 private:
  FakeAnswer answer_;
  HttpResponseHead head_;
  std::size_t at_ = 0;
};

class FakeTransport final : public Transport {
 public:
  using Script = std::function<Result<FakeAnswer>(const SeenRequest&)>;
  explicit FakeTransport(Script script) : script_(std::move(script)) {}

  Result<std::unique_ptr<Incoming>> send(const Endpoint&, const HttpRequest& request, const IoLimits& limits) override {
    if (limits.stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    SeenRequest seen{request.method, request.target, request.headers, {}};
    if (request.body != nullptr) {
      seen.body.resize(static_cast<std::size_t>(request.body->size()));
      for (std::size_t at = 0; at < seen.body.size();) {
        const auto rest = std::span(seen.body).subspan(at);
        OBJSTORE_ASSIGN(const std::size_t got, request.body->read_at(at, std::as_writable_bytes(rest)));
        at += got;
        if (request.on_sent) request.on_sent(at);
      }
    }
    auto answer = script_(seen);
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(seen));
    if (!answer) return std::unexpected(std::move(answer.error()));
    return std::make_unique<FakeIncoming>(std::move(*answer));
  }
  std::vector<SeenRequest> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  const Script script_;
  mutable std::mutex mutex_;
  std::vector<SeenRequest> seen_;  // guarded by mutex_
};

class FixedClock final : public Clock {
 public:
  UnixMillis now_ms() const override { return 1369353600000; }
  std::chrono::steady_clock::time_point steady_now() const override { return {}; }
};

// A caller on a fake transport that sleeps without sleeping.
struct FakeServer {
  explicit FakeServer(FakeTransport::Script script, unsigned attempts_max = 3,
                      std::string_view url = "http://host:9000")
      : transport(std::move(script)),
        caller({.endpoint = Endpoint::parse(url).value(),
                .region = "us-east-1",
                .credentials = Credentials{"AK", "SK", {}},
                .attempts_max = attempts_max,
                .user_agent = "test"},
               transport, clock, [this](std::chrono::milliseconds time, const std::stop_token& stop) -> Status {
                 if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
                 const std::lock_guard lock(slept_mutex);
                 slept.push_back(time);
                 return {};
               }) {}

  std::mutex slept_mutex;
  std::vector<std::chrono::milliseconds> slept;  // guarded by slept_mutex
  FixedClock clock;
  FakeTransport transport;
  S3Caller caller;
};

inline FakeAnswer error_answer(int status, const std::string& code) {
  return {.status = status, .body = "<Error><Code>" + code + "</Code></Error>"};
}

}  // namespace objstore::client
