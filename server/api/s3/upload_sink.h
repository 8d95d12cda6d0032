// Takes the body of an object or of a part: checks it as it passes, hands it to the catalogue's writer, and commits
// only what has proved to be right. One thread at a time.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "server/api/s3/body.h"
#include "server/api/s3/call.h"

namespace objstore::s3 {

class UploadSink final : public api::Sink {
 public:
  // Commits what the writer holds; called once, after seal().
  using Commit = std::move_only_function<Ticket<api::Reply>(std::optional<model::StoredChecksum> checksum)>;
  // commit may refer to *writer, which lives as long as the sink.
  UploadSink(CallPtr call, BodyVerifier verifier, std::unique_ptr<model::Writer> writer, Commit commit);

  Status write(ByteView bytes) override;
  Room room(std::size_t bytes) override;
  Ticket<api::Reply> finish() override;
  api::Reply refuse(const Error& error) override;

 private:
  Outcome<std::optional<model::StoredChecksum>> check();

  CallPtr call_;
  BodyVerifier verifier_;
  std::unique_ptr<model::Writer> writer_;
  Commit commit_;
  std::optional<Failure> failure_;  // why write() failed, in S3's terms
};

}  // namespace objstore::s3
