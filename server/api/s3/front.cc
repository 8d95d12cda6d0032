#include "server/api/s3/front.h"

#include <utility>

#include "server/api/s3/access.h"
#include "server/api/s3/acl_request.h"
#include "server/api/s3/body.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/unsupported.h"

namespace objstore::s3 {
namespace {

Answer not_implemented(const CallPtr& call) {
  // Whatever S3 has there takes documents, and documents come in one piece.
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  return refuse(Code::kNotImplemented);
}

Answer run(CallPtr call) {
  switch (call->route.endpoint) {
    case Endpoint::kListBuckets:
      return list_buckets(std::move(call));
    case Endpoint::kCreateBucket:
      return create_bucket(std::move(call));
    case Endpoint::kHeadBucket:
      return head_bucket(std::move(call));
    case Endpoint::kDeleteBucket:
      return delete_bucket(std::move(call));
    case Endpoint::kGetBucketLocation:
    case Endpoint::kGetBucketRequestPayment:
    case Endpoint::kGetBucketLogging:
    case Endpoint::kGetBucketNotification:
    case Endpoint::kGetBucketAccelerate:
    case Endpoint::kGetBucketCors:
    case Endpoint::kGetBucketLifecycle:
    case Endpoint::kGetBucketWebsite:
    case Endpoint::kGetBucketReplication:
    case Endpoint::kGetBucketEncryption:
    case Endpoint::kGetObjectLockConfiguration:
      return get_bucket_configuration(std::move(call));
    case Endpoint::kGetBucketPolicy:
      return get_bucket_policy(call);
    case Endpoint::kPutBucketPolicy:
      return put_bucket_policy(std::move(call));
    case Endpoint::kDeleteBucketPolicy:
      return delete_bucket_document(std::move(call), model::BucketDocument::kPolicy);
    case Endpoint::kGetBucketPolicyStatus:
      return get_bucket_policy_status(call);
    case Endpoint::kGetPublicAccessBlock:
      return get_public_access_block(call);
    case Endpoint::kPutPublicAccessBlock:
      return put_public_access_block(std::move(call));
    case Endpoint::kDeletePublicAccessBlock:
      return delete_bucket_document(std::move(call), model::BucketDocument::kPublicAccessBlock);
    case Endpoint::kGetBucketOwnershipControls:
      return get_bucket_ownership_controls(call);
    case Endpoint::kPutBucketOwnershipControls:
      return put_bucket_ownership_controls(std::move(call));
    case Endpoint::kDeleteBucketOwnershipControls:
      return delete_bucket_document(std::move(call), model::BucketDocument::kOwnershipControls);
    case Endpoint::kGetBucketVersioning:
      return get_bucket_versioning(call);
    case Endpoint::kPutBucketVersioning:
      return put_bucket_versioning(std::move(call));
    case Endpoint::kGetBucketAcl:
    case Endpoint::kGetObjectAcl:
      return get_acl(std::move(call));
    case Endpoint::kPutBucketAcl:
    case Endpoint::kPutObjectAcl:
      return put_acl(std::move(call));
    case Endpoint::kListObjects:
      return list_objects(std::move(call));
    case Endpoint::kListObjectsV2:
      return list_objects_v2(std::move(call));
    case Endpoint::kListObjectVersions:
      return list_object_versions(call);
    case Endpoint::kListMultipartUploads:
      return list_multipart_uploads(std::move(call));
    case Endpoint::kDeleteObjects:
      return delete_objects(std::move(call));
    case Endpoint::kGetObject:
    case Endpoint::kHeadObject:
      return get_object(std::move(call));
    case Endpoint::kGetBucketTagging:
      return get_bucket_tagging(call);
    case Endpoint::kPutBucketTagging:
      return put_bucket_tagging(std::move(call));
    case Endpoint::kDeleteBucketTagging:
      return delete_bucket_tagging(std::move(call));
    case Endpoint::kGetObjectAttributes:
      return get_object_attributes(call);
    case Endpoint::kGetObjectTagging:
      return get_object_tagging(call);
    case Endpoint::kPutObjectTagging:
      return put_object_tagging(std::move(call));
    case Endpoint::kDeleteObjectTagging:
      return delete_object_tagging(std::move(call));
    case Endpoint::kPutObject:
      return put_object(std::move(call));
    case Endpoint::kCopyObject:
      return copy_object(std::move(call));
    case Endpoint::kGetObjectSignature:
      return get_object_signature(call);
    case Endpoint::kPutObjectDelta:
      return put_object_delta(std::move(call));
    case Endpoint::kDeleteObject:
      return delete_object(std::move(call));
    case Endpoint::kCreateMultipartUpload:
      return create_multipart_upload(std::move(call));
    case Endpoint::kUploadPart:
      return upload_part(std::move(call));
    case Endpoint::kUploadPartCopy:
      return upload_part_copy(std::move(call));
    case Endpoint::kCompleteMultipartUpload:
      return complete_multipart_upload(std::move(call));
    case Endpoint::kAbortMultipartUpload:
      return abort_multipart_upload(std::move(call));
    case Endpoint::kListParts:
      return list_parts(std::move(call));
    case Endpoint::kNotImplemented:
      return not_implemented(call);
  }
  return refuse(Code::kInternalError);
}

// Who is not identified does not choose what a browser takes an object for.
Outcome<void> refuse_anonymous_overrides(const Call& call) {
  if (!call.auth.principal.anonymous) return {};
  for (const wire::QueryParam& param : call.route.params)
    if (param.name.starts_with("response-"))
      return refuse(Code::kInvalidRequest,
                    "Request specific response headers cannot be used for anonymous GET requests.");
  return {};
}

Answer proceed(const std::shared_ptr<Call>& call) {
  OBJSTORE_S3_TRY(refuse_anonymous_overrides(*call));
  OBJSTORE_S3_TRY(admit(*call));
  OBJSTORE_S3_TRY(check_bucket_owner(*call));
  OBJSTORE_S3_TRY(refuse_unsupported(*call));
  OBJSTORE_S3_TRY(check_acl_headers(*call));
  return run(call);
}

}  // namespace

S3Front::S3Front(Services services, FrontOptions options)
    : services_(services), options_(std::move(options)), tokens_(options_.token_secret) {}

api::Exchange S3Front::begin(const wire::RequestHead& head) {
  Outcome<Route> routed = route(head, options_.domains);
  if (!routed) return Ticket<api::Reply>(failure_reply(head, options_, routed.error()));
  auto authenticated = services_.authenticator.authenticate(head);
  if (!authenticated)
    return Ticket<api::Reply>(failure_reply(head, options_, *routed, to_failure(authenticated.error())));
  auto call = std::make_shared<Call>(Call{.services = services_,
                                          .options = options_,
                                          .tokens = tokens_,
                                          .policies = policies_,
                                          .reply_buffers = reply_buffers_,
                                          .delta_slots = delta_slots_,
                                          .head = head,
                                          .route = std::move(*routed),
                                          .auth = std::move(*authenticated),
                                          .bucket_info = std::nullopt,
                                          .rules = {}});
  Answer answered = proceed(call);
  if (!answered) return Ticket<api::Reply>(failure_reply(*call, answered.error()));
  return std::move(*answered);
}

api::Reply S3Front::refuse_head(const wire::RequestHead& head, int status, const Error& error) {
  api::Reply reply = failure_reply(head, options_, to_failure(status, error));
  // S3 has no code for some statuses; the transport's own is the one that HTTP asks for.
  reply.status = status == 431 ? 400 : status;
  reply.close = true;
  return reply;
}

}  // namespace objstore::s3
