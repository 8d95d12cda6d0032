// Tags of objects and of buckets.
#include <algorithm>

#include "server/api/s3/access.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

std::string tag_document(const model::NameValues& tags) {
  wire::XmlWriter xml("Tagging", wire::kS3Namespace);
  xml.open("TagSet");
  for (const auto& [key, value] : tags) xml.open("Tag").element("Key", key).element("Value", value).close();
  return std::move(xml).finish();
}

Outcome<Ticket<api::Reply>> set_tags(const CallPtr& call, const model::VersionChoice& version, model::NameValues tags,
                                     int status) {
  return answer_result(call, call->catalog().set_tags(call->bucket(), call->key(), version, std::move(tags)),
                       [version, status](const Call& c, const Result<model::ObjectInfo>& info) -> Outcome<api::Reply> {
                         if (!info) return std::unexpected(unreadable(c, version, info.error()));
                         api::Reply reply = empty_reply(c, status);
                         add_version_header(c, reply.headers, *info);
                         return reply;
                       });
}

Outcome<Ticket<api::Reply>> set_bucket_tags(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const model::NameValues tags, read_tag_document(document, kBucketTagsMax));
  // Kept as it is given back.
  return answer(call, call->catalog().set_document(call->bucket(), model::BucketDocument::kTagging, tag_document(tags)),
                [](const Call& c, const Done&) -> Outcome<api::Reply> { return empty_reply(c, 204); });
}

}  // namespace

Answer get_bucket_tagging(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(std::optional<std::string> document,
                     outcome(call->catalog().get_document(*call->bucket_info, model::BucketDocument::kTagging)));
  if (!document) return refuse(Code::kNoSuchTagSet, {}, {{"BucketName", call->bucket().str()}});
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(*document)));
}

Answer put_bucket_tagging(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, set_bucket_tags);
}

Answer delete_bucket_tagging(CallPtr call) {
  Ticket<Done> done = call->catalog().remove_document(call->bucket(), model::BucketDocument::kTagging);
  return answer(std::move(call), std::move(done),
                [](const Call& c, const Done&) -> Outcome<api::Reply> { return empty_reply(c, 204); });
}

Answer get_object_tagging(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  OBJSTORE_S3_ASSIGN(model::ObjectInfo info, read_head(*call, version));
  std::ranges::sort(info.attributes.tags);
  api::Reply reply = xml_reply(*call, 200, tag_document(info.attributes.tags));
  add_version_header(*call, reply.headers, info);
  return Ticket<api::Reply>(std::move(reply));
}

Answer put_object_tagging(CallPtr call) {
  OBJSTORE_S3_ASSIGN(model::VersionChoice version, read_version(*call));
  return read_document(
      std::move(call), kDocumentBytesMax,
      [version = std::move(version)](const CallPtr& c, const std::string& document) -> Outcome<Ticket<api::Reply>> {
        OBJSTORE_S3_ASSIGN(model::NameValues tags, read_tag_document(document, kTagsMax));
        OBJSTORE_S3_TRY(admit_body(*c, {.tags = &tags, .location = {}}));
        return set_tags(c, version, std::move(tags), 200);
      });
}

Answer delete_object_tagging(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  OBJSTORE_S3_ASSIGN(Ticket<api::Reply> done, set_tags(call, version, {}, 204));
  return done;
}

}  // namespace objstore::s3
