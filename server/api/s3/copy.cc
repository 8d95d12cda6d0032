// CopyObject and UploadPartCopy: the caller needs the right to read the source, and is told nothing about it without.
#include "common/base/bytes.h"
#include "common/wire/checksum.h"
#include "common/wire/ranges.h"
#include "common/wire/time.h"
#include "server/api/s3/access.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/checksum_request.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/copy_source.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

// An authorised source.
struct Source {
  SourceName name;
  model::ObjectInfo info;  // as it was when the request came in
  bool versioned = false;  // its bucket keeps versions, or did
  std::string bucket_owner;
};

Outcome<model::ObjectInfo> source_info(const Call& call, const SourceName& name) {
  OBJSTORE_S3_ASSIGN(model::ObjectInfo info,
                     outcome(call.catalog().head_or_marker(name.bucket, name.key, name.version)));
  if (!info.delete_marker) return info;
  if (!name.version) return refuse(Code::kNoSuchKey, {}, {{"Key", name.key.str()}});
  return refuse(Code::kInvalidRequest,
                "The source of a copy request may not specifically refer to a delete marker by version id.");
}

void add_source_version(wire::Headers& headers, const Source& source) {
  if (source.versioned) headers.add("x-amz-copy-source-version-id", shown_version(source.info));
}

Outcome<Source> open_source(const Call& call) {
  OBJSTORE_S3_ASSIGN(SourceName name, parse_copy_source(call.header("x-amz-copy-source").value_or("")));
  auto bucket = call.catalog().get_bucket(name.bucket);
  const std::string_view action =
      name.version ? iam_version_action(Endpoint::kGetObject) : iam_action(Endpoint::kGetObject);
  OBJSTORE_S3_TRY(authorize(call, action, name.bucket.str(), name.key.str(), bucket ? bucket->owner_account : ""));
  if (!bucket) return std::unexpected(to_failure(bucket.error()));
  const auto expected = call.header("x-amz-source-expected-bucket-owner");
  if (expected && *expected != bucket->owner_account) return refuse(Code::kAccessDenied);
  auto info = source_info(call, name);
  if (!info)
    return std::unexpected(as_told(call, name.bucket.str(), name.key.str(), bucket->owner_account, info.error()));
  return Source{std::move(name), std::move(*info), bucket->versioning != model::Versioning::kNever,
                bucket->owner_account};
}

// True for REPLACE.
Outcome<bool> read_directive(const Call& call, std::string_view header) {
  const auto value = call.header(header);
  if (!value || *value == "COPY") return false;
  if (*value == "REPLACE") return true;
  return invalid_argument(
      header == "x-amz-metadata-directive" ? "Unknown metadata directive." : "Unknown tagging directive.", header,
      *value);
}

// The source's conditions, and that it still is what `seen` says: its attributes are about to be written as new ones.
model::Condition unchanged(model::Condition condition, std::uint64_t seen) {
  return [condition = std::move(condition), seen](const model::ObjectInfo* source) -> Status {
    if (condition) OBJSTORE_TRY(condition(source));
    if (source == nullptr || source->generation == seen) return {};
    return fail(Errc::kConflict, "the copy source was replaced meanwhile");
  };
}

bool is_onto_itself(const Call& call, const SourceName& source) {
  return source.bucket == call.bucket() && source.key == call.key();
}

Outcome<void> check_copy(const Call& call, const Source& source, bool replaces) {
  if (source.info.size > model::kSinglePutBytesMax)
    return refuse(Code::kInvalidRequest,
                  "The specified copy source is larger than the maximum allowable size for a copy source: " +
                      std::to_string(model::kSinglePutBytesMax));
  const bool changes = replaces || call.header("x-amz-storage-class") || call.header("x-amz-website-redirect-location");
  // An older version may be made the current one by a copy onto its own key.
  if (is_onto_itself(call, source.name) && !source.name.version && !changes)
    return refuse(Code::kInvalidRequest,
                  "This copy request is illegal because it is trying to copy an object to itself without changing the "
                  "object's metadata, storage class, website redirect location or encryption attributes.");
  if (const auto name = call.header("x-amz-checksum-algorithm")) {
    const auto algorithm = wire::checksum_from_name(*name);
    if (!algorithm) return refuse(Code::kInvalidRequest, "Value for x-amz-checksum-algorithm header is invalid.");
    if (!source.info.checksum || source.info.checksum->algorithm != wire::checksum_name(*algorithm))
      return refuse(Code::kNotImplemented, "A copy keeps the checksum of its source; another one is not implemented");
  }
  return {};
}

// Tags say who may do what: a copy takes them along for who may read them there and set them here.
Outcome<void> may_copy_tags(const Call& call, const Source& source) {
  const std::string_view reads =
      source.name.version ? iam_version_action(Endpoint::kGetObjectTagging) : iam_action(Endpoint::kGetObjectTagging);
  OBJSTORE_S3_TRY(authorize(call, reads, source.name.bucket.str(), source.name.key.str(), source.bucket_owner));
  return authorize(call, iam_action(Endpoint::kPutObjectTagging), call.bucket().str(), call.key().str(),
                   call.bucket_info->owner_account);
}

Outcome<model::CopyOptions> copy_options(const Call& call, const Source& source, bool replaces) {
  model::CopyOptions options;
  options.owner_account = call.bucket_info->owner_account;
  options.condition = write_condition(call.head.headers);
  OBJSTORE_S3_ASSIGN(model::ObjectAttributes given, read_attributes(call.head.headers));
  OBJSTORE_S3_ASSIGN(const bool replaces_tags, read_directive(call, "x-amz-tagging-directive"));
  if (replaces_tags) {
    options.tags = given.tags;
  } else if (auto may = may_copy_tags(call, source); !may) {
    if (!source.info.attributes.tags.empty()) return std::unexpected(std::move(may.error()));
    options.tags.emplace();  // as it was seen, also when it is given tags meanwhile
  }
  if (replaces) {
    options.attributes = std::move(given);
  } else if (source.info.attributes.storage_class != given.storage_class) {
    // A copy's storage class is the request's, never the source's.
    options.attributes = source.info.attributes;
    options.attributes->storage_class = given.storage_class;
  }
  return options;
}

Outcome<api::Reply> copied(const Call& call, const Source& source, const Result<model::ObjectInfo>& copy) {
  if (!copy) return std::unexpected(write_failure(call.head.headers, copy.error()));
  wire::XmlWriter xml("CopyObjectResult", wire::kS3Namespace);
  xml.element("LastModified", wire::format_iso8601(copy->modified_ms));
  xml.quoted("ETag", copy->etag);
  if (copy->checksum) {
    xml.element("ChecksumType", checksum_type_name(copy->checksum->composite));
    add_checksum(xml, *copy->checksum);
  }
  api::Reply reply = xml_reply(call, 200, std::move(xml).finish());
  add_written_version_header(reply.headers, *copy);
  add_source_version(reply.headers, source);
  return reply;
}

Outcome<std::optional<model::ByteRange>> source_range(const Call& call, const Source& source) {
  const auto value = call.header("x-amz-copy-source-range");
  if (!value) return std::optional<model::ByteRange>();
  const auto range = wire::parse_copy_source_range(*value, source.info.size);
  if (range) return model::ByteRange{range->first, range->length};
  if (range.error().code == Errc::kInvalidRange)
    return refuse(Code::kInvalidRange, {},
                  {{"RangeRequested", std::string(*value)}, {"ActualObjectSize", std::to_string(source.info.size)}});
  return invalid_argument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based "
      "offsets of the first and last bytes to copy",
      "x-amz-copy-source-range", *value);
}

Outcome<api::Reply> part_copied(const Call& call, const Source& source, const model::PartInfo& part) {
  wire::XmlWriter xml("CopyPartResult", wire::kS3Namespace);
  xml.element("LastModified", wire::format_iso8601(part.modified_ms));
  xml.quoted("ETag", part.etag);
  if (part.checksum) add_checksum(xml, *part.checksum);
  api::Reply reply = xml_reply(call, 200, std::move(xml).finish());
  add_source_version(reply.headers, source);
  return reply;
}

model::Condition source_condition(const Call& call) {
  return as_source_condition(ReadConditions::of_copy_source(call.head.headers, call.services.clock.now_ms()));
}

}  // namespace

Answer copy_object(CallPtr call) {
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  OBJSTORE_S3_ASSIGN(Source source, open_source(*call));
  OBJSTORE_S3_ASSIGN(const bool replaces, read_directive(*call, "x-amz-metadata-directive"));
  OBJSTORE_S3_TRY(check_copy(*call, source, replaces));
  OBJSTORE_S3_ASSIGN(model::CopyOptions options, copy_options(*call, source, replaces));
  model::Condition condition = source_condition(*call);
  if (!replaces && options.attributes) condition = unchanged(std::move(condition), source.info.generation);
  const model::CopySource from{source.name.bucket, source.name.key, std::move(condition), source.name.version};
  Ticket<model::ObjectInfo> done = call->catalog().copy(from, call->bucket(), call->key(), std::move(options));
  return answer_result(std::move(call), std::move(done),
                       [source = std::move(source)](const Call& c, const Result<model::ObjectInfo>& copy) {
                         return copied(c, source, copy);
                       });
}

Answer upload_part_copy(CallPtr call) {
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  OBJSTORE_S3_ASSIGN(const std::uint32_t number, read_part_number(*call));
  OBJSTORE_S3_ASSIGN(Source source, open_source(*call));
  OBJSTORE_S3_ASSIGN(const std::optional<model::ByteRange> range, source_range(*call, source));
  const model::CopySource from{source.name.bucket, source.name.key, source_condition(*call), source.name.version};
  Ticket<model::PartInfo> done =
      call->catalog().copy_part(from, range, call->bucket(), call->key(), call->param("uploadId").value_or(""), number);
  return answer(std::move(call), std::move(done),
                [source = std::move(source)](const Call& c, const model::PartInfo& part) {
                  return part_copied(c, source, part);
                });
}

}  // namespace objstore::s3
