// GetObjectAttributes: what is known of an object, without its content.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
#include <algorithm>
#include <array>
#include <limits>

#include "common/base/bytes.h"
#include "common/wire/time.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/checksum_request.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kAttributesHeader = "x-amz-object-attributes";
constexpr auto kNames =
    std::to_array<std::string_view>({"ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"});
constexpr std::size_t kPartsPageMax = 1000;

using Wanted = std::vector<std::string_view>;

bool contains(const Wanted& wanted, std::string_view name) {
  return std::ranges::find(wanted, name) != wanted.end();
}

// The header may stand several times, or list the names with commas.
Outcome<Wanted> read_wanted(const Call& call) {
  Wanted wanted;
  for (const wire::Header& header : call.head.headers) {
    if (!equals_ignore_case(header.name, kAttributesHeader)) continue;
    std::string_view rest = header.value;
    while (!rest.empty()) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const std::string_view name = trim(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
      if (std::ranges::find(kNames, name) == kNames.end())
        return invalid_argument("Invalid attribute name specified.", kAttributesHeader, name);
      wanted.push_back(name);
    }
  }
  if (wanted.empty())
    return invalid_argument(
        "The x-amz-object-attributes header specifying the attributes to be retrieved is either "
        "missing or empty",
        kAttributesHeader, "");
  return wanted;
}

Outcome<std::uint32_t> read_number(const Call& call, std::string_view header, std::uint32_t otherwise) {
  const auto text = call.header(header);
  if (!text) return otherwise;
  const auto value = parse_u64(*text);
  if (!value || *value > std::numeric_limits<std::int32_t>::max())
    return invalid_argument("The value must be an integer between 0 and 2147483647", header, *text);
  return static_cast<std::uint32_t>(*value);
}

struct PartsQuery {
  std::uint32_t after = 0;
  std::uint32_t max = 0;
};

Outcome<PartsQuery> read_parts_query(const Call& call) {
  PartsQuery query;
  OBJSTORE_S3_ASSIGN(query.after, read_number(call, "x-amz-part-number-marker", 0));
  OBJSTORE_S3_ASSIGN(query.max, read_number(call, "x-amz-max-parts", kPartsPageMax));
  query.max = std::min<std::uint32_t>(query.max, kPartsPageMax);
  return query;
}

Outcome<void> add_parts(wire::XmlWriter& xml, model::OpenObject& object, const PartsQuery& query) {
  // One more than is shown says whether there are more.
  OBJSTORE_S3_ASSIGN(std::vector<model::PartInfo> parts, outcome(object.parts(query.after, query.max + 1)));
  const bool truncated = parts.size() > query.max;
  if (truncated) parts.resize(query.max);
  xml.open("ObjectParts");
  xml.element("PartsCount", std::uint64_t{object.info().parts_count});
  xml.element("PartNumberMarker", std::uint64_t{query.after});
  xml.element("NextPartNumberMarker", std::uint64_t{parts.empty() ? query.after : parts.back().number});
  xml.element("MaxParts", std::uint64_t{query.max});
  xml.element("IsTruncated", truncated);
  for (const model::PartInfo& part : parts) {
    xml.open("Part");
    xml.element("PartNumber", std::uint64_t{part.number});
    xml.element("Size", part.size);
    if (part.checksum) add_checksum(xml, *part.checksum);
    xml.close();
  }
  xml.close();
  return {};
}

void add_checksum_element(wire::XmlWriter& xml, const model::StoredChecksum& checksum) {
  xml.open("Checksum");
  add_checksum(xml, checksum);
  xml.element("ChecksumType", checksum_type_name(checksum.composite));
  xml.close();
}

}  // namespace

Answer get_object_attributes(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  OBJSTORE_S3_ASSIGN(const Wanted wanted, read_wanted(*call));
  OBJSTORE_S3_ASSIGN(const PartsQuery query, read_parts_query(*call));
  auto opened = call->catalog().open_object(call->bucket(), call->key(), version);
  if (!opened) return std::unexpected(unreadable(*call, version, opened.error()));
  const model::ObjectInfo& info = (*opened)->info();
  wire::XmlWriter xml("GetObjectAttributesResponse", wire::kS3Namespace);
  if (contains(wanted, "ETag")) xml.element("ETag", info.etag);
  if (contains(wanted, "Checksum") && info.checksum) add_checksum_element(xml, *info.checksum);
  if (contains(wanted, "ObjectParts") && info.parts_count > 0) OBJSTORE_S3_TRY(add_parts(xml, **opened, query));
  if (contains(wanted, "StorageClass")) xml.element("StorageClass", info.attributes.storage_class);
  if (contains(wanted, "ObjectSize")) xml.element("ObjectSize", info.size);
  api::Reply reply = xml_reply(*call, 200, std::move(xml).finish());
  reply.headers.add("Last-Modified", wire::format_http_date(info.modified_ms));
  add_version_header(*call, reply.headers, info);
  return Ticket<api::Reply>(std::move(reply));
}

}  // namespace objstore::s3
