#include "client/lib/delta_signature.h"

#include <utility>

#include "client/lib/object_info.h"
#include "common/base/bytes.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

Result<Signature> read_signature(const S3Response& response) {
  const auto number = [&](std::string_view header) { return parse_u64(response.headers.find(header).value_or("")); };
  const auto object_size = number(wire::kObjectSizeHeader);
  const auto block_size = number(wire::kBlockSizeHeader);
  const bool sound = response.headers.find("content-type").value_or("") == wire::kSignatureType && object_size &&
                     block_size && *block_size >= wire::kDeltaBlockBytesMin && *block_size <= kDeltaBytesMax;
  if (!sound) return fail(Errc::kUnsupported, "the server gives no signatures");
  OBJSTORE_ASSIGN(auto blocks, wire::read_block_sums(response.body));
  if (blocks.size() != (*object_size + *block_size - 1) / *block_size) {
    return fail(Errc::kMalformed, "a signature of another length than its object's");
  }
  return Signature{.object_size = *object_size, .block_size = *block_size, .blocks = std::move(blocks)};
}

}  // namespace

std::string why_no_delta(const S3Failure& failure) {
  if (failure.status == 0) return failure.message;  // found here
  switch (failure.code) {
    case Errc::kNoSuchKey:
    case Errc::kNoSuchVersion:
    case Errc::kNoSuchBucket:
    case Errc::kNotFound:
      return "there is no object yet that it could differ from";
    case Errc::kAccessDenied:
      return "the object that it differs from may not be read";
    case Errc::kPreconditionFailed:
      return "the object that it differs from was replaced meanwhile";
    case Errc::kUnavailable:
      return "the server is busy with other deltas";
    default:
      return "the server makes no deltas";
  }
}

S3Result<FetchedSignature> fetch_signature(const S3Caller& caller, const ObjectName& object,
                                           const std::string& version_id, const std::stop_token& stop) {
  wire::QueryBuilder query;
  query.add(wire::kSignatureParameter, "");
  if (!version_id.empty()) query.add("versionId", version_id);
  const S3Request request{
      .method = "POST", .bucket = object.bucket.str(), .key = object.key.str(), .query = query.str(), .stop = stop};
  auto response = caller.call(request);
  if (!response) return std::unexpected(std::move(response.error()));
  FetchedSignature out;
  OBJSTORE_ASSIGN(out.signature, read_signature(*response));
  out.bytes = response->body.size();
  const HttpResponseHead head{.status = response->status, .headers = response->headers, .content_length = {}};
  out.info = read_object_info(head);
  out.info.size = out.signature.object_size;
  return out;
}

}  // namespace objstore::client
