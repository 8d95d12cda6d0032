// The Client's calls about buckets' settings, versions, tags and uploads under way.
#include <utility>

#include "client/lib/client_impl.h"
#include "client/lib/manage_documents.h"
#include "common/base/digest.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr std::string_view kPageSize = "1000";

std::string_view parameter_of(BucketDocument kind) {
  switch (kind) {
    case BucketDocument::kPolicy:
      return "policy";
    case BucketDocument::kCors:
      return "cors";
    case BucketDocument::kLifecycle:
      return "lifecycle";
  }
  return {};
}

Result<S3Response> call(const S3Caller& caller, const S3Request& request) {
  auto response = caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return std::move(*response);
}

Status put_text(const S3Caller& caller, S3Request request, const std::string& text, std::string_view type) {
  const MemoryBody body(as_bytes(text));
  request.method = "PUT";
  request.body = &body;
  request.body_sha256 = to_hex(sha256(as_bytes(text)));
  request.headers.set("Content-Type", type);
  // S3 insists on a digest for most of these; MD5 is the one that every server knows.
  request.headers.set("Content-MD5", to_base64(md5(as_bytes(text))));
  OBJSTORE_ASSIGN(const auto response, call(caller, request));
  (void)response;
  return {};
}

std::string tagging_query(const std::string& version_id) {
  wire::QueryBuilder query;
  query.add("tagging", "");
  if (!version_id.empty()) query.add("versionId", version_id);
  return query.str();
}

}  // namespace

Result<VersionPage> Client::list_versions(const BucketName& bucket, const std::string& prefix, const ListMarker& from,
                                          std::stop_token stop) {
  wire::QueryBuilder query;
  query.add("versions", "").add("encoding-type", "url").add("max-keys", kPageSize);
  if (!prefix.empty()) query.add("prefix", prefix);
  if (!from.key.empty()) query.add("key-marker", from.key);
  if (!from.id.empty()) query.add("version-id-marker", from.id);
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller, {.bucket = bucket.str(), .query = query.str(), .stop = std::move(stop)}));
  return read_versions(response.body);
}

Result<Versioning> Client::versioning(const BucketName& bucket) {
  const std::string query = wire::QueryBuilder().add("versioning", "").str();
  OBJSTORE_ASSIGN(const auto response, call(impl_->caller, {.bucket = bucket.str(), .query = query}));
  return read_versioning(response.body);
}

Status Client::set_versioning(const BucketName& bucket, Versioning versioning) {
  if (versioning == Versioning::kOff) {
    return fail(Errc::kInvalidArgument, "versioning can be suspended, not switched off");
  }
  const std::string query = wire::QueryBuilder().add("versioning", "").str();
  return put_text(impl_->caller, {.bucket = bucket.str(), .query = query}, write_versioning(versioning),
                  "application/xml");
}

Status Client::remove_version(const ObjectName& object, const std::string& version_id) {
  const std::string query = wire::QueryBuilder().add("versionId", version_id).str();
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller,
                       {.method = "DELETE", .bucket = object.bucket.str(), .key = object.key.str(), .query = query}));
  (void)response;
  return {};
}

Result<std::map<std::string, std::string>> Client::tags(const ObjectName& object, const std::string& version_id) {
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller,
                       {.bucket = object.bucket.str(), .key = object.key.str(), .query = tagging_query(version_id)}));
  return read_tags(response.body);
}

Status Client::set_tags(const ObjectName& object, const std::map<std::string, std::string>& tags,
                        const std::string& version_id) {
  S3Request request{.bucket = object.bucket.str(), .key = object.key.str(), .query = tagging_query(version_id)};
  if (!tags.empty()) return put_text(impl_->caller, std::move(request), write_tags(tags), "application/xml");
  request.method = "DELETE";
  OBJSTORE_ASSIGN(const auto response, call(impl_->caller, request));
  (void)response;
  return {};
}

Result<std::string> Client::document(const BucketName& bucket, BucketDocument kind) {
  const std::string query = wire::QueryBuilder().add(parameter_of(kind), "").str();
  OBJSTORE_ASSIGN(auto response, call(impl_->caller, {.bucket = bucket.str(), .query = query}));
  return std::move(response.body);
}

Status Client::set_document(const BucketName& bucket, BucketDocument kind, const std::string& text) {
  const std::string query = wire::QueryBuilder().add(parameter_of(kind), "").str();
  return put_text(impl_->caller, {.bucket = bucket.str(), .query = query}, text,
                  kind == BucketDocument::kPolicy ? "application/json" : "application/xml");
}

Status Client::remove_document(const BucketName& bucket, BucketDocument kind) {
  const std::string query = wire::QueryBuilder().add(parameter_of(kind), "").str();
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller, {.method = "DELETE", .bucket = bucket.str(), .query = query}));
  (void)response;
  return {};
}

Result<UploadPage> Client::list_uploads(const BucketName& bucket, const std::string& prefix, const ListMarker& from,
                                        std::stop_token stop) {
  wire::QueryBuilder query;
  query.add("uploads", "").add("encoding-type", "url").add("max-uploads", kPageSize);
  if (!prefix.empty()) query.add("prefix", prefix);
  if (!from.key.empty()) query.add("key-marker", from.key);
  if (!from.id.empty()) query.add("upload-id-marker", from.id);
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller, {.bucket = bucket.str(), .query = query.str(), .stop = std::move(stop)}));
  return read_uploads(response.body);
}

Result<std::vector<PartEntry>> Client::list_parts(const ObjectName& object, const std::string& upload_id) {
  return list_all_parts(impl_->caller, object, upload_id, {});
}

Status Client::abort_upload(const ObjectName& object, const std::string& upload_id) {
  const std::string query = wire::QueryBuilder().add("uploadId", upload_id).str();
  OBJSTORE_ASSIGN(const auto response,
                  call(impl_->caller,
                       {.method = "DELETE", .bucket = object.bucket.str(), .key = object.key.str(), .query = query}));
  (void)response;
  return {};
}

Result<std::int64_t> Client::clock_skew_ms() {
  const std::int64_t before = impl_->clock.now_ms();
  auto head = impl_->caller.probe();
  if (!head) return std::unexpected<Error>(std::move(head.error()));
  const std::int64_t now = before + (impl_->clock.now_ms() - before) / 2;
  const auto date = head->headers.find("date");
  const auto time = date ? wire::parse_http_date(*date, now) : std::nullopt;
  if (!time) return fail(Errc::kMalformed, "the server's answer has no Date");
  // The header is cut to its second: half of one is the best guess of what was cut.
  constexpr std::int64_t kHalfSecond = 500;
  return *time + kHalfSecond - now;
}

}  // namespace objstore::client
