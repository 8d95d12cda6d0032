#include "common/wire/time.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

Outcome<model::VersionQuery> read_query(const Call& call) {
  model::VersionQuery query;
  OBJSTORE_S3_ASSIGN(query.max_keys, read_page_size(call, "max-keys", model::kListPageMax));
  query.prefix = call.param("prefix").value_or("");
  query.delimiter = call.param("delimiter").value_or("");
  query.key_marker = call.param("key-marker").value_or("");
  const std::string_view version = call.param("version-id-marker").value_or("");
  if (version.empty()) return query;
  if (query.key_marker.empty())
    return invalid_argument("A version-id marker cannot be specified without a key marker.", "version-id-marker",
                            version);
  auto id = model::VersionId::parse(version);
  if (!id) return invalid_argument(id.error().message, "version-id-marker", version);
  query.version_marker = std::move(*id);
  return query;
}

void add_version(wire::XmlWriter& xml, const Call& call, const model::ListedVersion& version, bool url_encoding) {
  const model::ObjectInfo& info = version.info;
  xml.open(info.delete_marker ? "DeleteMarker" : "Version");
  xml.element("Key", listed(info.key, url_encoding));
  xml.element("VersionId", shown_version(info));
  xml.element("IsLatest", version.latest);
  if (info.delete_marker)
    xml.element("LastModified", wire::format_iso8601(info.modified_ms));
  else
    add_listed_object(xml, {.modified_ms = info.modified_ms,
                            .etag = info.etag,
                            .checksum = info.checksum,
                            .size = info.size,
                            .storage_class = info.attributes.storage_class});
  add_owner(xml, "Owner", call, info.owner_account);
  xml.close();
}

}  // namespace

Answer list_object_versions(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(const model::VersionQuery query, read_query(*call));
  OBJSTORE_S3_ASSIGN(const bool url_encoding, read_url_encoding(*call));
  OBJSTORE_S3_ASSIGN(const model::VersionPage page, outcome(call->catalog().list_versions(call->bucket(), query)));
  wire::XmlWriter xml("ListVersionsResult", wire::kS3Namespace);
  xml.element("Name", call->bucket().str());
  xml.element("Prefix", listed(query.prefix, url_encoding));
  xml.element("KeyMarker", listed(query.key_marker, url_encoding));
  xml.element("VersionIdMarker", call->param("version-id-marker").value_or(""));
  if (!query.delimiter.empty()) xml.element("Delimiter", listed(query.delimiter, url_encoding));
  xml.element("MaxKeys", std::uint64_t{query.max_keys});
  if (url_encoding) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.truncated);
  if (page.truncated) {
    xml.element("NextKeyMarker", listed(page.next_key_marker, url_encoding));
    add_if_given(xml, "NextVersionIdMarker", page.next_version_marker);
  }
  for (const model::ListedVersion& version : page.versions) add_version(xml, *call, version, url_encoding);
  add_common_prefixes(xml, page.common_prefixes, url_encoding);
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(xml).finish()));
}

}  // namespace objstore::s3
