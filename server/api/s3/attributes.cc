#include "server/api/s3/attributes.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"
#include "common/base/utf8.h"
#include "common/wire/checksum.h"
#include "common/wire/encoded_word.h"
#include "common/wire/etag.h"
#include "common/wire/time.h"
#include "common/wire/uri.h"
#include "server/api/s3/documents.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kMetaPrefix = "x-amz-meta-";
constexpr std::string_view kDefaultStorageClass = "STANDARD";
constexpr auto kSystemHeaders =
    std::to_array<std::string_view>({"cache-control", "content-disposition", "content-encoding", "content-language",
                                     "expires", "x-amz-website-redirect-location"});
constexpr auto kStorageClasses = std::to_array<std::string_view>(
    {"STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER", "DEEP_ARCHIVE",
     "OUTPOSTS", "GLACIER_IR", "SNOW", "EXPRESS_ONEZONE"});
constexpr std::string_view kReservedTagPrefix = "aws:";
constexpr std::size_t kTagDocumentBytesMax = std::size_t{1} << 18;
constexpr std::size_t kTagKeyCharactersMax = 128;
constexpr std::size_t kTagValueCharactersMax = 256;

std::unexpected<Failure> bad_value(std::string_view header, std::string_view value) {
  return refuse(Code::kInvalidArgument, "A header's value has characters that are not allowed",
                {{"ArgumentName", std::string(header)}, {"ArgumentValue", std::string(value)}});
}

// What may come back in a reply's header later: no control characters but the tab. Clients send UTF-8, which
// comes back in encoded words, and Latin-1, which comes back as it is.
bool is_header_text(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

void append_value(model::NameValues& list, std::string name, std::string_view value) {
  const auto same = std::ranges::find(list, name, &std::pair<std::string, std::string>::first);
  if (same == list.end())
    list.emplace_back(std::move(name), std::string(value));
  else
    same->second.append(",").append(value);  // as RFC 9110, section 5.3 puts repeated fields together
}

Outcome<model::NameValues> read_user_metadata(const wire::Headers& headers) {
  model::NameValues out;
  std::size_t bytes = 0;
  for (const wire::Header& header : headers) {
    std::string name = to_lower(header.name);
    if (!name.starts_with(kMetaPrefix)) continue;
    if (!is_header_text(header.value)) return bad_value(header.name, header.value);
    name.erase(0, kMetaPrefix.size());
    if (name.empty() || !is_valid_utf8(name)) return bad_value(header.name, header.value);
    bytes += name.size() + header.value.size();
    append_value(out, std::move(name), header.value);
  }
  if (bytes > kUserMetadataBytesMax)
    return refuse(Code::kMetadataTooLarge, {},
                  {{"Size", std::to_string(bytes)}, {"MaxSizeAllowed", std::to_string(kUserMetadataBytesMax)}});
  return out;
}

Outcome<model::NameValues> read_system(const wire::Headers& headers) {
  model::NameValues out;
  for (const std::string_view name : kSystemHeaders) {
    const auto value = headers.find(name);
    if (!value) continue;
    if (!is_header_text(*value)) return bad_value(name, *value);
    std::string kept = name == "content-encoding" ? stored_content_encoding(*value) : std::string(*value);
    if (!kept.empty()) out.emplace_back(std::string(name), std::move(kept));
  }
  return out;
}

std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (; !text.empty(); ++count) text.remove_prefix(std::max<std::size_t>(utf8_step(text).length, 1));
  return count;
}

bool is_tag_text(std::string_view text) {
  return is_valid_utf8(text) && std::ranges::all_of(text, [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return byte >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                  std::string_view(" +-=._:/@").contains(c);
         });
}

std::unexpected<Failure> too_many_tags(std::size_t most) {
  const char* what =
      most == kTagsMax ? "Object tags cannot be greater than " : "Bucket tag count cannot be greater than ";
  return refuse(Code::kBadRequest, what + std::to_string(most));
}

Outcome<void> check_tag(const model::NameValues& before, std::string_view key, std::string_view value) {
  if (key.empty() || characters(key) > kTagKeyCharactersMax || !is_tag_text(key))
    return refuse(Code::kInvalidTag, "The TagKey you have provided is invalid", {{"TagKey", std::string(key)}});
  if (to_lower(key).starts_with(kReservedTagPrefix))
    return refuse(Code::kInvalidTag, "System tags cannot be added/updated by requester",
                  {{"TagKey", std::string(key)}});
  if (characters(value) > kTagValueCharactersMax || !is_tag_text(value))
    return refuse(Code::kInvalidTag, "The TagValue you have provided is invalid", {{"TagValue", std::string(value)}});
  if (std::ranges::find(before, key, &std::pair<std::string, std::string>::first) != before.end())
    return refuse(Code::kInvalidTag, "Cannot provide multiple Tags with the same key", {{"TagKey", std::string(key)}});
  return {};
}

}  // namespace

std::string stored_content_encoding(std::string_view value) {
  std::string kept;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    const std::string_view coding = trim(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (coding.empty() || equals_ignore_case(coding, "aws-chunked")) continue;
    if (!kept.empty()) kept.append(", ");
    kept.append(coding);
  }
  return kept;
}

Outcome<model::NameValues> read_tagging(std::string_view value) {
  const auto params = wire::QueryParams::parse(value);
  if (!params)
    return refuse(Code::kInvalidArgument,
                  "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without "
                  "tag name duplicates.",
                  {{"ArgumentName", "x-amz-tagging"}, {"ArgumentValue", std::string(value)}});
  if (params->size() > kTagsMax) return too_many_tags(kTagsMax);
  model::NameValues tags;
  for (const wire::QueryParam& param : *params) {
    OBJSTORE_S3_TRY(check_tag(tags, param.name, param.value));
    tags.emplace_back(param.name, param.value);
  }
  return tags;
}

Outcome<model::NameValues> read_tag_document(const std::string& document, std::size_t most) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root, parse_document(document, "Tagging", kTagDocumentBytesMax));
  const wire::XmlElement* set = root.child("TagSet");
  if (set == nullptr || root.children.size() != 1) return refuse(Code::kMalformedXML);
  model::NameValues tags;
  for (const wire::XmlElement& tag : set->children) {
    if (tag.name != "Tag" || tag.count("Key") != 1 || tag.count("Value") != 1) return refuse(Code::kMalformedXML);
    OBJSTORE_S3_TRY(check_tag(tags, tag.child_text("Key"), tag.child_text("Value")));
    tags.emplace_back(tag.child_text("Key"), tag.child_text("Value"));
  }
  if (tags.size() > most) return too_many_tags(most);
  return tags;
}

Outcome<model::ObjectAttributes> read_attributes(const wire::Headers& headers) {
  model::ObjectAttributes out;
  if (const auto type = headers.find("content-type"); type && !type->empty()) {
    if (!is_header_text(*type) || !is_valid_utf8(*type)) return bad_value("content-type", *type);
    out.content_type = *type;
  }
  OBJSTORE_S3_ASSIGN(out.system, read_system(headers));
  OBJSTORE_S3_ASSIGN(out.user_metadata, read_user_metadata(headers));
  if (const auto storage = headers.find("x-amz-storage-class")) {
    if (std::ranges::find(kStorageClasses, *storage) == kStorageClasses.end())
      return refuse(Code::kInvalidStorageClass);
    out.storage_class = *storage;
  }
  if (const auto tagging = headers.find("x-amz-tagging")) {
    OBJSTORE_S3_ASSIGN(out.tags, read_tagging(*tagging));
  }
  return out;
}

void add_object_headers(wire::Headers& headers, const model::ObjectInfo& object) {
  headers.add("Last-Modified", wire::format_http_date(object.modified_ms));
  headers.add("ETag", wire::quote_etag(object.etag));
  headers.add("Accept-Ranges", "bytes");
  headers.add("Content-Type", object.attributes.content_type);
  for (const auto& [name, value] : object.attributes.system) headers.add(name, value);
  for (const auto& [name, value] : object.attributes.user_metadata)
    headers.add(std::string(kMetaPrefix) + name, wire::encode_words(value));
  if (object.attributes.storage_class != kDefaultStorageClass)
    headers.add("x-amz-storage-class", object.attributes.storage_class);
  if (!object.attributes.tags.empty())
    headers.add("x-amz-tagging-count", std::to_string(object.attributes.tags.size()));
}

void add_checksum_headers(wire::Headers& headers, const model::StoredChecksum& checksum) {
  const auto algorithm = wire::checksum_from_name(checksum.algorithm);
  if (!algorithm) return;
  headers.add(wire::checksum_header(*algorithm), checksum.value);
  headers.add("x-amz-checksum-type", checksum.composite ? "COMPOSITE" : "FULL_OBJECT");
}

}  // namespace objstore::s3
