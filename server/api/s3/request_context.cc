#include "server/api/s3/request_context.h"

#include "common/wire/sigv4.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/copy_source.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kExistingTag = "s3:existingobjecttag/";
constexpr std::string_view kRequestTag = "s3:requestobjecttag/";
constexpr std::string_view kHeaderKey = "s3:x-amz-";
constexpr std::string_view kService = "s3:";
constexpr std::string_view kSourceVersion = "?versionId=";

std::optional<std::vector<std::string>> one(std::string value) {
  return std::vector{std::move(value)};
}

}  // namespace

RequestContext::Values RequestContext::values(std::string_view key) const {
  if (key.starts_with("aws:")) return of_connection(key);
  if (key.starts_with(kExistingTag)) return existing_tag(key.substr(kExistingTag.size()));
  if (key.starts_with(kRequestTag)) return request_tag(key.substr(kRequestTag.size()));
  return of_request(key);
}

RequestContext::Values RequestContext::of_connection(std::string_view key) const {
  const UnixMillis now = call_.services.clock.now_ms();
  if (key == "aws:sourceip") return one(call_.head.peer.address);
  if (key == "aws:securetransport") return one(call_.head.secure ? "true" : "false");
  if (key == "aws:currenttime") return one(wire::format_iso8601(now));
  if (key == "aws:epochtime") return one(std::to_string(now / 1000));
  if (key == "aws:requestedregion") return one(call_.options.region);
  if (key == "aws:useragent") return of_header("user-agent");
  if (key == "aws:referer") return of_header("referer");
  return std::nullopt;
}

RequestContext::Values RequestContext::of_request(std::string_view key) const {
  if (key == "s3:prefix" && listed_prefix_) return one(std::string(*listed_prefix_));
  if (key == "s3:prefix" || key == "s3:delimiter" || key == "s3:max-keys")
    return of_parameter(key.substr(kService.size()));
  if (key == "s3:versionid") return version_id();
  if (key == "s3:if-match" || key == "s3:if-none-match") return of_header(key.substr(kService.size()));
  if (key == "s3:requestobjecttagkeys") return request_tag_keys();
  if (key == "s3:locationconstraint") return location_constraint();
  if (key == "s3:x-amz-copy-source") return copy_source();
  if (key.starts_with(kHeaderKey)) return of_header(key.substr(kService.size()));
  if (call_.auth.principal.anonymous) return std::nullopt;
  if (key == "s3:authtype") return one(call_.auth.presigned ? "REST-QUERY-STRING" : "REST-HEADER");
  if (key == "s3:signatureversion") return one(std::string(wire::kSigV4Algorithm));
  if (key == "s3:signatureage") {
    const auto signed_at = wire::parse_amz_date(call_.auth.amz_date);
    return signed_at ? one(std::to_string(call_.services.clock.now_ms() - *signed_at)) : std::nullopt;
  }
  return std::nullopt;
}

RequestContext::Values RequestContext::of_header(std::string_view name) const {
  const auto value = call_.header(name);
  return value ? one(std::string(*value)) : std::nullopt;
}

RequestContext::Values RequestContext::of_parameter(std::string_view name) const {
  const auto value = call_.param(name);
  return value ? one(std::string(*value)) : std::nullopt;
}

RequestContext::Values RequestContext::version_id() const {
  if (!is_source_) return of_parameter("versionId");
  const std::string_view source = call_.header("x-amz-copy-source").value_or("");
  const std::size_t at = source.find(kSourceVersion);
  return at == std::string_view::npos ? std::nullopt : one(std::string(source.substr(at + kSourceVersion.size())));
}

// "bucket/key" whatever the header's spelling is.
RequestContext::Values RequestContext::copy_source() const {
  const auto value = call_.header("x-amz-copy-source");
  if (!value) return std::nullopt;
  auto decoded = wire::percent_decode(value->substr(0, value->find('?')));
  if (!decoded) return std::nullopt;
  if (decoded->starts_with('/')) decoded->erase(0, 1);
  return one(std::move(*decoded));
}

// By x-amz-tagging, or by the document of PutObjectTagging. Nothing when the request sets no tags.
std::optional<model::NameValues> RequestContext::request_tags() const {
  if (call_.route.endpoint == Endpoint::kPutObjectTagging) {
    if (body_ != nullptr) return *body_->tags;
    asked_of_body_ = true;
    return std::nullopt;
  }
  const auto header = call_.header("x-amz-tagging");
  if (!header) return std::nullopt;
  auto tags = read_tagging(*header);
  return tags ? std::optional(std::move(*tags)) : std::nullopt;
}

RequestContext::Values RequestContext::request_tag(std::string_view name) const {
  for (const auto& [key, value] : request_tags().value_or(model::NameValues()))
    if (key == name) return one(value);
  return std::nullopt;
}

RequestContext::Values RequestContext::request_tag_keys() const {
  const auto tags = request_tags();
  if (!tags) return std::nullopt;
  std::vector<std::string> keys;
  for (const auto& [key, value] : *tags) keys.push_back(key);
  return keys;
}

RequestContext::Values RequestContext::location_constraint() const {
  if (call_.route.endpoint != Endpoint::kCreateBucket) return std::nullopt;
  if (body_ == nullptr) {
    asked_of_body_ = true;
    return std::nullopt;
  }
  return body_->location.empty() ? std::nullopt : one(std::string(body_->location));
}

RequestContext::Values RequestContext::existing_tag(std::string_view name) const {
  const auto bucket = BucketName::parse(bucket_);
  const auto key = ObjectKey::parse(key_);
  if (!bucket || !key) return std::nullopt;
  const auto wanted = version();
  if (!wanted) return std::nullopt;
  const auto info = call_.catalog().head(*bucket, *key, *wanted);
  if (!info) return std::nullopt;
  for (const auto& [tag, value] : info->attributes.tags)
    if (tag == name) return one(value);
  return std::nullopt;
}

// Which version of the object is meant: the query says so, or the header of a copy.
Outcome<model::VersionChoice> RequestContext::version() const {
  if (!is_source_) return read_version(call_);
  OBJSTORE_S3_ASSIGN(SourceName name, parse_copy_source(call_.header("x-amz-copy-source").value_or("")));
  return std::move(name.version);
}

}  // namespace objstore::s3
