// What the uploader says about an object, between request headers, the catalogue and reply headers. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "common/wire/http.h"
#include "server/api/s3/errors.h"
#include "server/model/types.h"

namespace objstore::s3 {

// Bytes of the names and values of all x-amz-meta-* headers together.
inline constexpr std::size_t kUserMetadataBytesMax = 2048;
inline constexpr std::size_t kTagsMax = 10;
inline constexpr std::size_t kBucketTagsMax = 50;

// Content-Type, Cache-Control, ..., x-amz-meta-*, x-amz-storage-class, x-amz-tagging.
// MetadataTooLarge, InvalidArgument, InvalidStorageClass, InvalidTag.
Outcome<model::ObjectAttributes> read_attributes(const wire::Headers& headers);

// The tags of an x-amz-tagging header: "key=value&key2=value2". InvalidTag, InvalidArgument.
Outcome<model::NameValues> read_tagging(std::string_view value);

// The document of PutObjectTagging and its like, with at most `most` tags. MalformedXML, InvalidTag, and BadRequest
// when there are more.
Outcome<model::NameValues> read_tag_document(const std::string& document, std::size_t most);

// Content-Encoding as it is stored: "aws-chunked" says how the request was framed and not what the object is.
std::string stored_content_encoding(std::string_view value);

// The headers of GET and HEAD: Content-Type, ETag, Last-Modified, x-amz-meta-* and so on, without Content-Length.
void add_object_headers(wire::Headers& headers, const model::ObjectInfo& object);
// x-amz-checksum-*, x-amz-checksum-type.
void add_checksum_headers(wire::Headers& headers, const model::StoredChecksum& checksum);

}  // namespace objstore::s3
