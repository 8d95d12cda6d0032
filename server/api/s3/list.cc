#include "server/api/s3/arguments.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

// What the two listings of objects have in common.
struct Listing {
  model::ListQuery query;
  bool url_encoding = false;

  std::string text(std::string_view t) const { return listed(t, url_encoding); }
};

Outcome<Listing> read_listing(const Call& call) {
  Listing out;
  OBJSTORE_S3_ASSIGN(out.query.max_keys, read_page_size(call, "max-keys", model::kListPageMax));
  OBJSTORE_S3_ASSIGN(out.url_encoding, read_url_encoding(call));
  out.query.prefix = call.param("prefix").value_or("");
  out.query.delimiter = call.param("delimiter").value_or("");
  return out;
}

void add_head(wire::XmlWriter& xml, const Call& call, const Listing& listing, const model::ListPage& page) {
  xml.element("Name", call.bucket().str());
  xml.element("Prefix", listing.text(listing.query.prefix));
  if (!listing.query.delimiter.empty()) xml.element("Delimiter", listing.text(listing.query.delimiter));
  xml.element("MaxKeys", std::uint64_t{listing.query.max_keys});
  if (listing.url_encoding) xml.element("EncodingType", "url");
  xml.element("IsTruncated", page.truncated);
}

void add_contents(wire::XmlWriter& xml, const Call& call, const Listing& listing, const model::ListPage& page,
                  bool with_owner) {
  for (const model::ListedObject& object : page.objects) {
    xml.open("Contents");
    if (listing.url_encoding)
      xml.element("Key", listing.text(object.key));
    else
      xml.element("Key", object.key);
    add_listed_object(xml, {.modified_ms = object.modified_ms,
                            .etag = object.etag,
                            .checksum = object.checksum,
                            .size = object.size,
                            .storage_class = object.storage_class});
    if (with_owner) add_owner(xml, "Owner", call, std::string(object.owner_account));
    xml.close();
  }
  add_common_prefixes(xml, page.common_prefixes, listing.url_encoding);
}

Answer reply_with(const Call& call, wire::XmlWriter xml) {
  return Ticket<api::Reply>(xml_reply(call, 200, std::move(xml).finish()));
}

}  // namespace

Answer list_objects(CallPtr call) {
  OBJSTORE_S3_ASSIGN(Listing listing, read_listing(*call));
  listing.query.after = call->param("marker").value_or("");
  OBJSTORE_S3_ASSIGN(const model::ListPage page, outcome(call->catalog().list(call->bucket(), listing.query)));
  wire::XmlWriter xml("ListBucketResult", wire::kS3Namespace);
  add_head(xml, *call, listing, page);
  xml.element("Marker", listing.text(listing.query.after));
  // Without a delimiter the last key of the page is the next marker, and S3 leaves it out. A page may end elsewhere.
  const bool at_last_key = !page.objects.empty() && page.objects.back().key == page.next_after;
  if (page.truncated && (!listing.query.delimiter.empty() || !at_last_key))
    xml.element("NextMarker", listing.text(page.next_after));
  add_contents(xml, *call, listing, page, true);
  return reply_with(*call, std::move(xml));
}

Answer list_objects_v2(CallPtr call) {
  OBJSTORE_S3_ASSIGN(Listing listing, read_listing(*call));
  const std::string_view start_after = call->param("start-after").value_or("");
  const auto token = call->param("continuation-token");
  listing.query.after = start_after;
  if (token && !token->empty()) {  // an empty one is where a listing begins
    auto after = call->tokens.unseal(call->bucket().str(), *token);
    if (!after) return invalid_argument("The continuation token provided is incorrect", "continuation-token", *token);
    listing.query.after = std::move(*after);
  }
  OBJSTORE_S3_ASSIGN(const model::ListPage page, outcome(call->catalog().list(call->bucket(), listing.query)));
  wire::XmlWriter xml("ListBucketResult", wire::kS3Namespace);
  add_head(xml, *call, listing, page);
  xml.element("KeyCount", std::uint64_t{page.objects.size() + page.common_prefixes.size()});
  if (!start_after.empty()) xml.element("StartAfter", listing.text(start_after));
  if (token) xml.element("ContinuationToken", *token);
  if (page.truncated) xml.element("NextContinuationToken", call->tokens.seal(call->bucket().str(), page.next_after));
  add_contents(xml, *call, listing, page, call->param("fetch-owner").value_or("") == "true");
  return reply_with(*call, std::move(xml));
}

}  // namespace objstore::s3
