#include "client/lib/body_digest.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "common/base/digest.h"

namespace objstore::client {

Result<BodyDigest> digest_body(const Body& body, wire::ChecksumAlgorithm algorithm, bool with_sha256,
                               const std::stop_token& stop) {
  constexpr std::uint64_t kBlockBytes = 256 * 1024;  // stays in the second-level cache between the two digests
  wire::Checksum checksum(algorithm);
  std::optional<Digest> sha256;
  if (with_sha256) sha256.emplace(DigestKind::kSha256);
  std::vector<std::byte> block(static_cast<std::size_t>(std::min(kBlockBytes, body.size())));
  for (std::uint64_t offset = 0; offset < body.size();) {
    if (stop.stop_requested()) return fail(Errc::kCancelled, "stopped");
    OBJSTORE_ASSIGN(const std::size_t got, body.read_at(offset, block));
    const ByteView bytes = ByteView(block).first(got);
    checksum.update(bytes);
    if (sha256) sha256->update(bytes);
    offset += got;
  }
  BodyDigest out{.checksum = checksum.finish(), .sha256 = {}};
  if (sha256) out.sha256 = to_hex(as_bytes(sha256->finish()));
  return out;
}

}  // namespace objstore::client
