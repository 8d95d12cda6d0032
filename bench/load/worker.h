// One connection's view of a run: S3 operations, timed and counted. One thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/connection.h"
#include "bench/load/options.h"
#include "bench/load/payload.h"
#include "bench/load/signer.h"
#include "bench/load/tally.h"

namespace objstore::bench {

// What all workers share.
struct Bench {
  Bench(const Options& o, std::shared_ptr<const Target> t, std::uint64_t payload_bytes)
      : options(o),
        target(std::move(t)),
        payload(std::make_shared<const PayloadBase>(payload_bytes, o.prefix, o.dedup_percent)) {}

  const Options options;
  const std::shared_ptr<const Target> target;
  const std::shared_ptr<const PayloadBase> payload;
  std::atomic<std::uint64_t> next_object = 0;  // for put: the index that nobody has used yet
  std::atomic<bool> is_counting = false;       // what starts now is part of the result
};

class Worker {
 public:
  Worker(Bench& bench, unsigned number);

  // Each is one request. False when it failed, which is counted and remembered; it never stops a run.
  bool put(std::uint64_t object);
  bool get(std::uint64_t object);
  bool stat(std::uint64_t object);
  bool remove(std::uint64_t object);
  // One page of 1,000 keys; goes on where the last one ended. True in `at_end` when it was the last one.
  bool list_page(bool& at_end);
  bool put_part(std::uint64_t upload, const std::string& upload_id, std::uint64_t part, std::string& etag);
  std::optional<std::string> create_upload(std::uint64_t upload);
  bool complete_upload(std::uint64_t upload, const std::string& upload_id, const std::vector<std::string>& etags);
  // Also when it is there already.
  Status make_bucket();

  // One operation of warp's mix: 45 % get, 15 % put, 10 % delete, 30 % stat. Objects are this worker's own.
  void mixed();
  void own(std::uint64_t object) { own_.push_back(object); }

  Tally& tally() noexcept { return tally_; }
  std::uint64_t random() noexcept;
  // Adds a time that was taken outside (of a whole upload).
  void count(Timed timed, std::chrono::nanoseconds time, std::uint64_t bytes);
  std::chrono::steady_clock::time_point last_end() const noexcept { return last_end_; }

 private:
  struct Request {
    Timed timed;
    RequestLine line;
    ByteView body;
    bool has_body = false;
    int expected = 200;
    BodyUse use{};
  };
  std::optional<Reply> run(const Request& request);
  void note(const Request& request, const Result<Reply>& reply, bool ok);
  std::string path_of(std::uint64_t object) const;

  Bench& bench_;
  Connection connection_;
  Signer signer_;
  Payload payload_;
  Tally tally_;
  std::uint64_t random_;
  std::vector<std::uint64_t> own_;
  std::string list_token_;
  std::chrono::steady_clock::time_point last_end_{};
};

}  // namespace objstore::bench
