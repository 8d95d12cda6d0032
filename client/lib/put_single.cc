#include <utility>

#include "client/lib/body_digest.h"
#include "client/lib/meter.h"
#include "client/lib/upload.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

S3Result<PutResult> put_with(const UploadContext& context, const ObjectName& to, const Body& body,
                             const PutOptions& options, wire::ChecksumAlgorithm algorithm) {
  const auto& stop = options.control.stop;
  OBJSTORE_ASSIGN(const BodyDigest digest, digest_body(body, algorithm, context.caller.signs_bodies(), stop));
  const std::string checksum = to_base64(as_bytes(digest.checksum));
  Meter meter(options.control.progress, body.size());
  Meter::Part part(meter);
  S3Request request{.method = "PUT",
                    .bucket = to.bucket.str(),
                    .key = to.key.str(),
                    .headers = object_headers(options),
                    .body = &body,
                    .body_sha256 = digest.sha256,
                    .on_sent = [&](std::uint64_t sent) { part.set(sent); },
                    .stop = stop};
  add_write_conditions(options, request.headers);
  request.headers.set(wire::checksum_header(algorithm), checksum);
  auto response = context.caller.call(request);
  if (!response) return std::unexpected(std::move(response.error()));
  PutResult result{.size = body.size(), .etag = {}, .checksum = {}};
  result.etag = response->headers.find("etag").value_or("");
  const auto confirmed = response->headers.find(wire::checksum_header(algorithm));
  if (confirmed && *confirmed != checksum) {
    return fail(Errc::kDigestMismatch, "the server stored other bytes than were sent (" + std::string(*confirmed) +
                                           " instead of " + checksum + ")");
  }
  if (confirmed) result.checksum = checksum_text(algorithm, checksum);
  return result;
}

}  // namespace

wire::Headers object_headers(const PutOptions& options) {
  wire::Headers headers;
  headers.set("Content-Type", options.content_type.empty() ? "application/octet-stream" : options.content_type);
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) headers.set(name, value);
  };
  add("Cache-Control", options.cache_control);
  add("Content-Encoding", options.content_encoding);
  add("Content-Disposition", options.content_disposition);
  for (const auto& [name, value] : options.metadata) headers.set("x-amz-meta-" + name, value);
  if (!options.tags.empty()) {
    wire::QueryBuilder tags;
    for (const auto& [name, value] : options.tags) tags.add(name, value);
    headers.set("x-amz-tagging", tags.str());
  }
  return headers;
}

void add_write_conditions(const PutOptions& options, wire::Headers& headers) {
  if (options.if_absent) headers.set("If-None-Match", "*");
  if (!options.if_match.empty()) headers.set("If-Match", options.if_match);
}

std::string checksum_text(wire::ChecksumAlgorithm algorithm, std::string_view base64) {
  return std::string(wire::checksum_name(algorithm)) + ":" + std::string(base64);
}

Result<PutResult> put_single(const UploadContext& context, const ObjectName& to, const Body& body,
                             const PutOptions& options) {
  const auto algorithm = context.algorithm.load();
  auto result = put_with(context, to, body, options, algorithm);
  if (!result && algorithm != wire::ChecksumAlgorithm::kCrc32 && refuses_checksum(result.error())) {
    context.algorithm = wire::ChecksumAlgorithm::kCrc32;
    result = put_with(context, to, body, options, wire::ChecksumAlgorithm::kCrc32);
  }
  if (!result) return std::unexpected<Error>(std::move(result.error()));
  return std::move(*result);
}

}  // namespace objstore::client
