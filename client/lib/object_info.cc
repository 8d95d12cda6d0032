#include "client/lib/object_info.h"

#include <string_view>
#include <utility>

#include "client/lib/upload.h"
#include "common/base/clock.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::client {

ObjectInfo read_object_info(const HttpResponseHead& head) {
  const auto text = [&](std::string_view name) { return std::string(head.headers.find(name).value_or("")); };
  ObjectInfo info;
  info.size = head.content_length.value_or(0);
  info.etag = text("etag");
  info.content_type = text("content-type");
  info.cache_control = text("cache-control");
  info.content_encoding = text("content-encoding");
  info.content_disposition = text("content-disposition");
  info.storage_class = text("x-amz-storage-class");
  info.version_id = text("x-amz-version-id");
  info.last_modified_ms = wire::parse_http_date(text("last-modified"), SystemClock().now_ms()).value_or(0);
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    if (const auto value = head.headers.find(wire::checksum_header(algorithm))) {
      info.checksum = checksum_text(algorithm, *value);
    }
  }
  constexpr std::string_view kMetadataPrefix = "x-amz-meta-";
  for (const auto& header : head.headers) {
    const std::string name = to_lower(header.name);
    if (name.starts_with(kMetadataPrefix)) info.metadata[name.substr(kMetadataPrefix.size())] = header.value;
  }
  return info;
}

std::optional<ExpectedChecksum> expected_checksum(const HttpResponseHead& head) {
  if (const auto type = head.headers.find("x-amz-checksum-type"); type && *type == "COMPOSITE") return std::nullopt;
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    const auto value = head.headers.find(wire::checksum_header(algorithm));
    if (value && wire::decode_checksum(algorithm, *value)) return ExpectedChecksum{algorithm, std::string(*value)};
  }
  return std::nullopt;
}

Status compare_checksum(const ExpectedChecksum& expected, const std::string& actual_base64) {
  if (actual_base64 == expected.base64) return {};
  return fail(Errc::kDigestMismatch,
              "what arrived is not what the server keeps: " + std::string(wire::checksum_name(expected.algorithm)) +
                  " " + actual_base64 + " instead of " + expected.base64);
}

std::string range_value(std::uint64_t first, const std::optional<std::uint64_t>& last) {
  return "bytes=" + std::to_string(first) + "-" + (last ? std::to_string(*last) : std::string());
}

S3Request object_request(const std::string& method, const ObjectName& object, const GetOptions& options) {
  S3Request request{
      .method = method, .bucket = object.bucket.str(), .key = object.key.str(), .stop = options.control.stop};
  if (!options.version_id.empty()) request.query = wire::QueryBuilder().add("versionId", options.version_id).str();
  request.headers.set("x-amz-checksum-mode", "ENABLED");
  if (options.range) request.headers.set("Range", range_value(options.range->first, options.range->last));
  if (!options.if_match.empty()) request.headers.set("If-Match", options.if_match);
  if (!options.if_none_match.empty()) request.headers.set("If-None-Match", options.if_none_match);
  return request;
}

Result<HttpResponseHead> head_of(const S3Caller& caller, const ObjectName& object, const GetOptions& options) {
  auto incoming = caller.open(object_request("HEAD", object, options));
  if (!incoming) return std::unexpected<Error>(std::move(incoming.error()));
  return (*incoming)->head();
}

Result<ObjectInfo> head_object(const S3Caller& caller, const ObjectName& object, const GetOptions& options) {
  OBJSTORE_ASSIGN(const HttpResponseHead head, head_of(caller, object, options));
  return read_object_info(head);
}

}  // namespace objstore::client
