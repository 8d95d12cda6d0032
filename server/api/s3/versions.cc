#include "server/api/s3/versions.h"

#include "common/wire/time.h"

namespace objstore::s3 {

std::string shown_version(const model::ObjectInfo& info) {
  return info.version_id.empty() ? model::VersionId::null().str() : info.version_id;
}

void add_version_header(const Call& call, wire::Headers& headers, const model::ObjectInfo& info) {
  const bool versioned = call.bucket_info && call.bucket_info->versioning != model::Versioning::kNever;
  if (versioned || !info.version_id.empty()) headers.add("x-amz-version-id", shown_version(info));
}

void add_written_version_header(wire::Headers& headers, const model::ObjectInfo& info) {
  if (!info.version_id.empty()) headers.add("x-amz-version-id", info.version_id);
}

Failure unreadable(const Call& call, const model::VersionChoice& version, const Error& error) {
  Failure failure = to_failure(error);
  if (failure.code == Code::kNoSuchKey) failure.fields.emplace_back("Key", call.key().str());
  if (failure.code == Code::kNoSuchVersion) {
    failure.fields.emplace_back("Key", call.key().str());
    failure.fields.emplace_back("VersionId", version->str());
  }
  if (failure.code != Code::kNoSuchKey && failure.code != Code::kNoSuchVersion) return failure;
  const auto marker = call.catalog().head_or_marker(call.bucket(), call.key(), version);
  if (!marker || !marker->delete_marker) return failure;
  if (version) {
    failure = Failure{Code::kMethodNotAllowed,
                      {},
                      {{"Method", call.head.method}, {"ResourceType", "DeleteMarker"}},
                      {{"Allow", "DELETE"}, {"Last-Modified", wire::format_http_date(marker->modified_ms)}}};
  }
  failure.headers.emplace_back("x-amz-delete-marker", "true");
  failure.headers.emplace_back("x-amz-version-id", shown_version(*marker));
  return failure;
}

Outcome<model::ObjectInfo> read_head(const Call& call, const model::VersionChoice& version) {
  auto info = call.catalog().head(call.bucket(), call.key(), version);
  if (!info) return std::unexpected(unreadable(call, version, info.error()));
  return std::move(*info);
}

}  // namespace objstore::s3
