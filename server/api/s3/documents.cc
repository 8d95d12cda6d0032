#include "server/api/s3/documents.h"

#include "common/wire/checksum.h"
#include "common/wire/time.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/checksum_request.h"

namespace objstore::s3 {

void add_owner_children(wire::XmlWriter& xml, const Call& call, const std::string& account_id) {
  const auto account = call.services.credentials.find_account(account_id);
  xml.element("ID", account ? account->owner_id : account_id);
  xml.element("DisplayName", account ? account->display_name : account_id);
}

void add_owner(wire::XmlWriter& xml, std::string_view element, const Call& call, const std::string& account_id) {
  xml.open(element);
  add_owner_children(xml, call, account_id);
  xml.close();
}

void add_listed_object(wire::XmlWriter& xml, const ListedFacts& object) {
  const auto modified = wire::iso8601_text(object.modified_ms);
  xml.element("LastModified", {modified.data(), modified.size()});
  xml.quoted("ETag", object.etag);
  if (object.checksum) {
    xml.element("ChecksumAlgorithm", object.checksum->algorithm);
    xml.element("ChecksumType", checksum_type_name(object.checksum->composite));
  }
  xml.element("Size", object.size);
  xml.element("StorageClass", object.storage_class);
}

void add_checksum(wire::XmlWriter& xml, const model::StoredChecksum& checksum) {
  if (const auto algorithm = wire::checksum_from_name(checksum.algorithm))
    xml.element(wire::checksum_element(*algorithm), checksum.value);
}

void add_common_prefixes(wire::XmlWriter& xml, const std::vector<std::string>& prefixes, bool url_encoding) {
  for (const std::string& prefix : prefixes)
    xml.open("CommonPrefixes").element("Prefix", listed(prefix, url_encoding)).close();
}

void add_if_given(wire::XmlWriter& xml, std::string_view element, std::string_view text) {
  if (!text.empty()) xml.element(element, text);
}

std::string text_document(std::string_view root, std::string_view text) {
  std::string document = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<";
  document.append(root).append(" xmlns=\"").append(wire::kS3Namespace).append("\">");
  document.append(wire::xml_escape(text)).append("</").append(root).append(">");
  return document;
}

std::string ownership_document() {
  wire::XmlWriter xml("OwnershipControls", wire::kS3Namespace);
  xml.open("Rule").element("ObjectOwnership", kObjectOwnership).close();
  return std::move(xml).finish();
}

Outcome<wire::XmlElement> parse_document(const std::string& document, std::string_view root, std::uint64_t limit) {
  wire::XmlLimits limits;
  limits.bytes_max = static_cast<std::size_t>(limit);
  auto parsed = wire::parse_xml(document, limits);
  if (!parsed)
    return refuse(parsed.error().code == Errc::kTooLarge ? Code::kMaxMessageLengthExceeded : Code::kMalformedXML);
  if (parsed->name != root) return refuse(Code::kMalformedXML);
  return std::move(*parsed);
}

}  // namespace objstore::s3
