#include "common/base/bytes.h"
#include "common/wire/time.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/checksum_request.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

Outcome<std::uint32_t> read_part_marker(const Call& call) {
  const std::string_view text = call.param("part-number-marker").value_or("");
  if (text.empty()) return 0U;
  const auto value = parse_u64(text);
  if (!value || *value > INT32_MAX)
    return invalid_argument("Argument part-number-marker must be an integer between 0 and 2147483647",
                            "part-number-marker", text);
  return static_cast<std::uint32_t>(*value);
}

// What ListParts and ListMultipartUploads say about an upload.
void add_upload(wire::XmlWriter& xml, const Call& call, const model::UploadInfo& upload) {
  add_owner(xml, "Initiator", call, upload.owner_account);
  add_owner(xml, "Owner", call, upload.owner_account);
  xml.element("StorageClass", upload.storage_class);
  if (!upload.checksum_algorithm.empty()) {
    xml.element("ChecksumAlgorithm", upload.checksum_algorithm);
    xml.element("ChecksumType", checksum_type_name(upload.checksum_composite));
  }
}

void add_part(wire::XmlWriter& xml, const model::PartInfo& part) {
  xml.open("Part");
  xml.element("PartNumber", std::uint64_t{part.number});
  xml.element("LastModified", wire::format_iso8601(part.modified_ms));
  xml.quoted("ETag", part.etag);
  xml.element("Size", part.size);
  if (part.checksum) add_checksum(xml, *part.checksum);
  xml.close();
}

Outcome<model::UploadQuery> read_upload_query(const Call& call) {
  model::UploadQuery query;
  OBJSTORE_S3_ASSIGN(query.max_uploads, read_page_size(call, "max-uploads", model::kListPageMax));
  query.prefix = call.param("prefix").value_or("");
  query.delimiter = call.param("delimiter").value_or("");
  query.key_marker = call.param("key-marker").value_or("");
  query.upload_id_marker = call.param("upload-id-marker").value_or("");
  return query;
}

}  // namespace

Answer list_parts(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const std::size_t size, read_page_size(*call, "max-parts", model::kListPageMax));
  OBJSTORE_S3_ASSIGN(const std::uint32_t after, read_part_marker(*call));
  const std::string_view id = call->param("uploadId").value_or("");
  OBJSTORE_S3_ASSIGN(const model::PartPage page,
                     outcome(call->catalog().list_parts(call->bucket(), call->key(), id, after, size)));
  wire::XmlWriter xml("ListPartsResult", wire::kS3Namespace);
  xml.element("Bucket", call->bucket().str());
  xml.element("Key", call->key().str());
  xml.element("UploadId", id);
  add_upload(xml, *call, page.upload);
  xml.element("PartNumberMarker", std::uint64_t{after});
  xml.element("NextPartNumberMarker", std::uint64_t{page.next_part_number_marker});
  xml.element("MaxParts", std::uint64_t{size});
  xml.element("IsTruncated", page.truncated);
  for (const model::PartInfo& part : page.parts) add_part(xml, part);
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(xml).finish()));
}

Answer list_multipart_uploads(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const model::UploadQuery query, read_upload_query(*call));
  OBJSTORE_S3_ASSIGN(const bool url, read_url_encoding(*call));
  OBJSTORE_S3_ASSIGN(const model::UploadPage page, outcome(call->catalog().list_uploads(call->bucket(), query)));
  wire::XmlWriter xml("ListMultipartUploadsResult", wire::kS3Namespace);
  xml.element("Bucket", call->bucket().str());
  xml.element("KeyMarker", listed(query.key_marker, url));
  xml.element("UploadIdMarker", query.upload_id_marker);
  xml.element("NextKeyMarker", page.truncated ? listed(page.next_key_marker, url) : std::string());
  xml.element("NextUploadIdMarker", page.truncated ? page.next_upload_id_marker : std::string());
  xml.element("Prefix", listed(query.prefix, url));
  if (!query.delimiter.empty()) xml.element("Delimiter", listed(query.delimiter, url));
  if (url) xml.element("EncodingType", "url");
  xml.element("MaxUploads", std::uint64_t{query.max_uploads});
  xml.element("IsTruncated", page.truncated);
  for (const model::UploadInfo& upload : page.uploads) {
    xml.open("Upload");
    xml.element("Key", listed(upload.key, url));
    xml.element("UploadId", upload.upload_id);
    add_upload(xml, *call, upload);
    xml.element("Initiated", wire::format_iso8601(upload.initiated_ms));
    xml.close();
  }
  add_common_prefixes(xml, page.common_prefixes, url);
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(xml).finish()));
}

}  // namespace objstore::s3
