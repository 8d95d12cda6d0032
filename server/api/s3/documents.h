// XML documents that several operations share: pieces of replies, and the way into those of requests. Pure but for the
// look-up of owners; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/wire/xml_reader.h"
#include "common/wire/xml_writer.h"
#include "server/api/s3/call.h"

namespace objstore::s3 {

// <Owner> or <Initiator> with ID and DisplayName of an account.
void add_owner(wire::XmlWriter& xml, std::string_view element, const Call& call, const std::string& account_id);
// The same without the element around it.
void add_owner_children(wire::XmlWriter& xml, const Call& call, const std::string& account_id);
// The children of an object's entry in a listing, without Key and Owner.
struct ListedFacts {
  UnixMillis modified_ms;
  std::string_view etag;  // without quotes
  const std::optional<model::StoredChecksum>& checksum;
  std::uint64_t size;
  std::string_view storage_class;
};
void add_listed_object(wire::XmlWriter& xml, const ListedFacts& object);
// ChecksumCRC32 and so on with its value.
void add_checksum(wire::XmlWriter& xml, const model::StoredChecksum& checksum);
void add_common_prefixes(wire::XmlWriter& xml, const std::vector<std::string>& prefixes, bool url_encoding);
// The element, unless text is empty.
void add_if_given(wire::XmlWriter& xml, std::string_view element, std::string_view text);
// A document whose root holds nothing but text.
std::string text_document(std::string_view root, std::string_view text);

// The only ownership that there is, as a bucket's configuration: no object is anybody's but its bucket's owner's.
inline constexpr std::string_view kObjectOwnership = "BucketOwnerEnforced";
std::string ownership_document();

// The root element of a request's document. MalformedXML, MaxMessageLengthExceeded.
Outcome<wire::XmlElement> parse_document(const std::string& document, std::string_view root, std::uint64_t limit);

}  // namespace objstore::s3
