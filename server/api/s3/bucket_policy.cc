// Who may use a bucket, as its owner configures it: its policy, the block of public access, the ownership of objects.
// Each takes effect with the next request.
#include "common/base/bytes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/public_access.h"
#include "server/api/s3/reply.h"
#include "server/auth/bucket_policy_rules.h"

namespace objstore::s3 {
namespace {

using model::BucketDocument;

// The document as it is stored; `absent` when there is none.
Outcome<std::string> stored(const Call& call, BucketDocument document, Code absent) {
  OBJSTORE_S3_ASSIGN(auto content, outcome(call.catalog().get_document(*call.bucket_info, document)));
  if (!content) return refuse(absent, {}, {{"BucketName", call.bucket().str()}});
  return std::move(*content);
}

Ticket<api::Reply> store(const CallPtr& call, BucketDocument document, std::string content, int status) {
  return answer(call, call->catalog().set_document(call->bucket(), document, std::move(content)),
                [status](const Call& c, Done) -> Outcome<api::Reply> { return empty_reply(c, status); });
}

Outcome<PublicAccessBlock> public_access_of(const Call& call) {
  OBJSTORE_S3_ASSIGN(const auto content,
                     outcome(call.catalog().get_document(*call.bucket_info, BucketDocument::kPublicAccessBlock)));
  return content ? stored_public_access(*content) : PublicAccessBlock{};
}

Outcome<Ticket<api::Reply>> set_policy(const CallPtr& call, const std::string& text) {
  const auto policy = auth::parse_bucket_policy(text, call->bucket());
  if (!policy) return refuse(Code::kMalformedPolicy, policy.error().message);
  OBJSTORE_S3_ASSIGN(const PublicAccessBlock block, public_access_of(*call));
  if (block.block_public_policy && auth::is_public(*policy)) return refuse(Code::kAccessDenied);
  return store(call, BucketDocument::kPolicy, text, 204);
}

Outcome<Ticket<api::Reply>> set_public_access(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const PublicAccessBlock block, read_public_access(document));
  return store(call, BucketDocument::kPublicAccessBlock, public_access_document(block), 200);
}

Outcome<Ticket<api::Reply>> set_ownership(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root, parse_document(document, "OwnershipControls", kDocumentBytesMax));
  if (root.children.size() != 1 || root.count("Rule") != 1) return refuse(Code::kMalformedXML);
  const std::string_view ownership = trim(root.child("Rule")->child_text("ObjectOwnership"));
  if (ownership == "BucketOwnerPreferred" || ownership == "ObjectWriter")
    return refuse(Code::kNotImplemented, "Object ownership other than BucketOwnerEnforced is not implemented");
  if (ownership != kObjectOwnership) return refuse(Code::kMalformedXML);
  return store(call, BucketDocument::kOwnershipControls, ownership_document(), 200);
}

}  // namespace

Answer get_bucket_policy(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(std::string policy, stored(*call, BucketDocument::kPolicy, Code::kNoSuchBucketPolicy));
  api::Reply reply = empty_reply(*call, 200);
  reply.headers.add("Content-Type", "application/json");
  reply.body = std::move(policy);
  return Ticket<api::Reply>(std::move(reply));
}

Answer put_bucket_policy(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, set_policy);
}

Answer get_bucket_policy_status(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(const std::string text, stored(*call, BucketDocument::kPolicy, Code::kNoSuchBucketPolicy));
  const auto policy = auth::parse_bucket_policy(text, call->bucket());
  wire::XmlWriter xml("PolicyStatus", wire::kS3Namespace);
  xml.element("IsPublic", policy && auth::is_public(*policy));
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(xml).finish()));
}

Answer get_public_access_block(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(std::string document,
                     stored(*call, BucketDocument::kPublicAccessBlock, Code::kNoSuchPublicAccessBlockConfiguration));
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(document)));
}

Answer put_public_access_block(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, set_public_access);
}

Answer get_bucket_ownership_controls(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(std::string document,
                     stored(*call, BucketDocument::kOwnershipControls, Code::kOwnershipControlsNotFoundError));
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(document)));
}

Answer put_bucket_ownership_controls(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, set_ownership);
}

Answer delete_bucket_document(CallPtr call, BucketDocument document) {
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  Ticket<Done> removed = call->catalog().remove_document(call->bucket(), document);
  return answer(std::move(call), std::move(removed),
                [](const Call& c, Done) -> Outcome<api::Reply> { return empty_reply(c, 204); });
}

}  // namespace objstore::s3
