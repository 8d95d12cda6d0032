#include "client/lib/manage_documents.h"

#include <utility>

#include "client/lib/document_reader.h"
#include "client/lib/upload.h"
#include "common/base/bytes.h"
#include "common/wire/checksum.h"
#include "common/wire/uri.h"
#include "common/wire/xml_writer.h"

namespace objstore::client {
namespace {

// Where the next page starts: nothing when this is the last one.
Result<ListMarker> read_marker(const wire::XmlElement& root, const KeyReader& keys, std::string_view id_element) {
  ListMarker marker;
  if (root.child_text("IsTruncated") != "true") return marker;
  OBJSTORE_ASSIGN(marker.key, keys.read(root.child_text("NextKeyMarker")));
  marker.id = root.child_text(id_element);
  if (marker.empty()) return fail(Errc::kMalformed, "the server's listing breaks off without a marker");
  return marker;
}

std::string checksum_of(const wire::XmlElement& element) {
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    const auto text = element.child_text(wire::checksum_element(algorithm));
    if (!text.empty()) return checksum_text(algorithm, text);
  }
  return {};
}

}  // namespace

Result<VersionPage> read_versions(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"ListVersionsResult"}));
  const KeyReader keys(root);
  VersionPage page;
  for (const auto& element : root.children) {
    const bool marker = element.name == "DeleteMarker";
    if (!marker && element.name != "Version") continue;
    VersionEntry entry{.version_id = std::string(element.child_text("VersionId")),
                       .is_latest = element.child_text("IsLatest") == "true",
                       .is_delete_marker = marker,
                       .size = parse_u64(element.child_text("Size")).value_or(0),
                       .etag = std::string(element.child_text("ETag")),
                       .last_modified_ms = read_time(element.child_text("LastModified"))};
    OBJSTORE_ASSIGN(entry.key, keys.read(element.child_text("Key")));
    page.versions.push_back(std::move(entry));
  }
  OBJSTORE_ASSIGN(page.next, read_marker(root, keys, "NextVersionIdMarker"));
  return page;
}

Result<Versioning> read_versioning(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"VersioningConfiguration"}));
  const auto status = root.child_text("Status");
  if (status == "Enabled") return Versioning::kEnabled;
  return status == "Suspended" ? Versioning::kSuspended : Versioning::kOff;
}

Result<std::map<std::string, std::string>> read_tags(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"Tagging"}));
  std::map<std::string, std::string> tags;
  if (const auto* set = root.child("TagSet"); set != nullptr) {
    for (const auto& tag : set->children) {
      tags[std::string(tag.child_text("Key"))] = std::string(tag.child_text("Value"));
    }
  }
  return tags;
}

Result<UploadPage> read_uploads(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"ListMultipartUploadsResult"}));
  const KeyReader keys(root);
  UploadPage page;
  for (const auto& element : root.children) {
    if (element.name != "Upload") continue;
    UploadEntry entry{.upload_id = std::string(element.child_text("UploadId")),
                      .initiated_ms = read_time(element.child_text("Initiated"))};
    OBJSTORE_ASSIGN(entry.key, keys.read(element.child_text("Key")));
    page.uploads.push_back(std::move(entry));
  }
  OBJSTORE_ASSIGN(page.next, read_marker(root, keys, "NextUploadIdMarker"));
  return page;
}

Result<PartPage> read_parts(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"ListPartsResult"}));
  PartPage page;
  for (const auto& element : root.children) {
    if (element.name != "Part") continue;
    const auto number = parse_u64(element.child_text("PartNumber"));
    const auto size = parse_u64(element.child_text("Size"));
    if (!number || !size) return fail(Errc::kMalformed, "the server lists a part without number or size");
    page.parts.push_back({.number = *number,
                          .size = *size,
                          .etag = std::string(element.child_text("ETag")),
                          .checksum = checksum_of(element)});
  }
  if (root.child_text("IsTruncated") == "true") {
    page.next = root.child_text("NextPartNumberMarker");
    if (page.next.empty()) return fail(Errc::kMalformed, "the server's listing breaks off without a marker");
  }
  return page;
}

std::string write_versioning(Versioning versioning) {
  wire::XmlWriter writer("VersioningConfiguration", wire::kS3Namespace);
  writer.element("Status", versioning == Versioning::kEnabled ? "Enabled" : "Suspended");
  return std::move(writer).finish();
}

std::string write_tags(const std::map<std::string, std::string>& tags) {
  wire::XmlWriter writer("Tagging", wire::kS3Namespace);
  writer.open("TagSet");
  for (const auto& [name, value] : tags) writer.open("Tag").element("Key", name).element("Value", value).close();
  writer.close();
  return std::move(writer).finish();
}

Result<std::vector<PartEntry>> list_all_parts(const S3Caller& caller, const ObjectName& object,
                                              const std::string& upload_id, const std::stop_token& stop) {
  constexpr std::size_t kPagesMax = 10'000;  // a page holds one part at least, an upload 10,000 at most
  std::vector<PartEntry> parts;
  std::string marker;
  for (std::size_t i = 0; i < kPagesMax; ++i) {
    wire::QueryBuilder query;
    query.add("uploadId", upload_id).add("max-parts", "1000");
    if (!marker.empty()) query.add("part-number-marker", marker);
    auto response =
        caller.call({.bucket = object.bucket.str(), .key = object.key.str(), .query = query.str(), .stop = stop});
    if (!response) return std::unexpected<Error>(std::move(response.error()));
    OBJSTORE_ASSIGN(PartPage page, read_parts(response->body));
    std::ranges::move(page.parts, std::back_inserter(parts));
    if (page.next.empty()) return parts;
    marker = std::move(page.next);
  }
  return fail(Errc::kMalformed, "the server's list of parts does not end");
}

}  // namespace objstore::client
