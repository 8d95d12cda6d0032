// One multipart upload with parts under way at once.
//
// Made, fed and completed by one thread; the parts travel on threads of its own, which end before the destructor
// returns. An upload that was begun and not completed is aborted by the destructor.
#pragma once

#include <objstore/client.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "client/lib/body_digest.h"
#include "client/lib/meter.h"
#include "client/lib/s3_documents.h"
#include "client/lib/upload.h"

namespace objstore::client {

// What a later call may get past: a stop, a server that is not there.
bool is_interruption(Errc code) noexcept;

class MultipartUpload {
 public:
  // All of them outlive this.
  MultipartUpload(const UploadContext& context, const ObjectName& to, const PutOptions& options, Meter& meter);
  ~MultipartUpload();
  MultipartUpload(const MultipartUpload&) = delete;
  MultipartUpload& operator=(const MultipartUpload&) = delete;

  Status begin();
  // Goes on with an upload that was begun before. kNoSuchUpload when the server does not have it any more.
  Status adopt(const std::string& upload_id, wire::ChecksumAlgorithm algorithm);
  // From now on an upload that ends because it was stopped or has lost the server is not aborted.
  void keep_if_interrupted() { keep_ = true; }
  const std::string& upload_id() const noexcept { return upload_id_; }
  wire::ChecksumAlgorithm algorithm() const noexcept { return algorithm_; }
  // Whether the destructor will leave the upload to be continued.
  bool kept() const;
  // Takes the next part, as soon as fewer than `parallelism` are under way. An error is that of any part.
  Status add(std::unique_ptr<Body> part);
  // Waits for the parts and publishes the object. `check` comes in between.
  Result<PutResult> complete(const std::function<Status()>& check);

 private:
  struct Job {
    std::uint64_t number;
    std::unique_ptr<Body> body;
  };
  struct Sent {
    std::string etag;
    std::string checksum;  // raw
    std::uint64_t size = 0;
    bool was_there = false;
  };

  // The ETag under which the server has this part already, with these bytes; empty: it has to be sent.
  Result<std::string> present(const Job& job, const BodyDigest& digest) const;
  S3Result<std::string> create(wire::ChecksumAlgorithm algorithm);
  void work();
  Result<Sent> send(const Job& job);
  Status wait_for_parts();
  Result<PutResult> publish();
  Result<PutResult> confirm(const std::string& document, const std::string& checksum) const;
  void abort() noexcept;

  const UploadContext& context_;
  const ObjectName& to_;
  const PutOptions& options_;
  Meter& meter_;
  std::string upload_id_;
  wire::ChecksumAlgorithm algorithm_ = wire::ChecksumAlgorithm::kCrc64Nvme;
  bool completed_ = false;
  bool keep_ = false;
  std::map<std::uint64_t, PartEntry> present_;  // by number; from adopt() on unchanged
  std::uint64_t added_ = 0;
  std::stop_source stop_;  // of the parts: the caller's stop, or a part that failed
  std::stop_callback<std::function<void()>> stop_with_caller_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;              // guarded by mutex_
  std::size_t active_ = 0;             // guarded by mutex_; jobs that are queued or being sent
  std::uint64_t resumed_ = 0;          // guarded by mutex_; bytes that the server had
  std::vector<Sent> sent_;             // guarded by mutex_; part n at n - 1
  std::optional<Error> error_;         // guarded by mutex_; the first one
  bool closing_ = false;               // guarded by mutex_
  std::vector<std::jthread> workers_;  // last: they end first
};

}  // namespace objstore::client
