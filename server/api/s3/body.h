// The one place where a request's body is taken: its length, its framing, its payload hash and its checksums are
// checked here for every operation, so that no handler can forget one.
//
// plan_body() and read_document() run before any of the body has been read. The objects belong to one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/body_digest.h"
#include "common/base/digest.h"
#include "common/wire/aws_chunked.h"
#include "common/wire/checksum.h"
#include "server/api/s3/call.h"
#include "server/api/s3/checksum_request.h"

namespace objstore::s3 {

// What a request promises about its body.
struct BodyPlan {
  std::optional<std::uint64_t> length;  // of the payload, without framing; nothing with plain chunked transfer coding
  ChecksumRequest checksum;
  std::optional<std::string> md5;  // raw, from Content-MD5
};

// What the x-amz-checksum-* headers speak of: CompleteMultipartUpload's are not its document's.
enum class ChecksumOf : std::uint8_t { kBody, kObject };

// MissingContentLength, EntityTooLarge (above limit), InvalidDigest, and what read_checksum_request() refuses.
Outcome<BodyPlan> plan_body(const Call& call, std::uint64_t limit, ChecksumOf checksum_of = ChecksumOf::kBody);

// De-frames and checks a body as it passes.
class BodyVerifier {
 public:
  // compute: a checksum that is wanted though the request states none.
  BodyVerifier(const Call& call, BodyPlan plan, std::optional<wire::ChecksumAlgorithm> compute = std::nullopt);
  BodyVerifier(BodyVerifier&&) = default;

  using Sink = std::function<Status(ByteView)>;
  // Hands the payload in `bytes` on. A failure of the sink comes out as what it means to the client.
  Outcome<void> write(ByteView bytes, const Sink& sink);
  // Whether what is written is more than the payload.
  bool is_framed() const noexcept { return decoder_.has_value(); }
  // What of the payload check() needs.
  BodyDigest::Wants wants() const noexcept;
  // The body has ended: what does not depend on digests is checked.
  Outcome<void> end();
  // After end(): compares digests and checksum with what the request says. The checksum to be stored, if there is one.
  Outcome<std::optional<model::StoredChecksum>> check(const BodyDigest::Digests& digests);

 private:
  Status take(ByteView payload, const Sink& sink);
  Outcome<void> check_md5(const Md5& md5) const;
  Outcome<std::string> expected_checksum() const;
  Outcome<model::StoredChecksum> check_checksum();

  BodyPlan plan_;
  std::string payload_sha256_;  // empty: none to compare with
  std::optional<wire::AwsChunkedDecoder> decoder_;
  std::optional<wire::Checksum> checksum_;
  std::uint64_t taken_ = 0;
};

inline constexpr std::uint64_t kDocumentBytesMax = std::uint64_t{1} << 20;
inline constexpr std::uint64_t kListDocumentBytesMax = std::uint64_t{8}
                                                       << 20;  // DeleteObjects, CompleteMultipartUpload

// What is done with a document whose payload hash, Content-MD5 and checksum have been found to be right.
using DocumentHandler = std::function<Outcome<Ticket<api::Reply>>(const CallPtr& call, const std::string& document)>;
// InvalidRequest for the streaming forms, which S3 takes for objects and parts alone; MaxMessageLengthExceeded.
Outcome<api::Exchange> read_document(CallPtr call, std::uint64_t limit, DocumentHandler handler,
                                     ChecksumOf checksum_of = ChecksumOf::kBody);

// Refuses a streaming x-amz-content-sha256 where the body is not an object's.
Outcome<void> refuse_streaming(const Call& call);

}  // namespace objstore::s3
