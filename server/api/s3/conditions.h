// Conditional requests as S3 reads them. Pure; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/wire/http.h"
#include "server/api/s3/errors.h"
#include "server/model/types.h"

namespace objstore::s3 {

enum class Verdict : std::uint8_t { kPass, kPreconditionFailed, kNotModified };

// The four conditions of a read, or of the source of a copy.
struct ReadConditions {
  std::optional<std::string> if_match;
  std::optional<std::string> if_none_match;
  std::optional<UnixMillis> if_modified_since;
  std::optional<UnixMillis> if_unmodified_since;

  // A date that cannot be read counts as absent (RFC 9110, section 13.1.3).
  static ReadConditions of_request(const wire::Headers& headers, UnixMillis now_ms);
  // x-amz-copy-source-if-*.
  static ReadConditions of_copy_source(const wire::Headers& headers, UnixMillis now_ms);
  bool empty() const { return !if_match && !if_none_match && !if_modified_since && !if_unmodified_since; }

  // If-Match decides over If-Unmodified-Since, If-None-Match over If-Modified-Since.
  Verdict judge(const model::ObjectInfo& object) const;
};

// The source's conditions for the catalogue: kPreconditionFailed also where a read would answer 304.
model::Condition as_source_condition(ReadConditions conditions);

// If-Match and If-None-Match of a write (PutObject, CopyObject, CompleteMultipartUpload); empty without them.
// A key that does not exist fails If-Match with kNoSuchKey.
model::Condition write_condition(const wire::Headers& headers);

// What an error of a write means: a race that was lost under a condition has a code of its own, which SDKs retry.
Failure write_failure(const wire::Headers& headers, const Error& error);

// What DeleteObject and the entries of DeleteObjects may demand. An absent object satisfies everything: it is gone
// already.
struct DeleteConditions {
  std::optional<std::string> etag;
  std::optional<UnixMillis> modified_ms;
  std::optional<std::uint64_t> size;
};
model::Condition delete_condition(DeleteConditions conditions);
// If-Match, x-amz-if-match-last-modified-time, x-amz-if-match-size. InvalidArgument.
Outcome<DeleteConditions> delete_conditions(const wire::Headers& headers, UnixMillis now_ms);

}  // namespace objstore::s3
