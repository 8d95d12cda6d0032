#include "server/api/s3/front.h"

#include <utility>

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
    case Endpoint::kGetBucketPolicy:
    case Endpoint::kGetBucketPolicyStatus:
    case Endpoint::kGetBucketCors:
    case Endpoint::kGetBucketLifecycle:
    case Endpoint::kGetBucketWebsite:
    case Endpoint::kGetBucketReplication:
    case Endpoint::kGetBucketEncryption:
    case Endpoint::kGetObjectLockConfiguration:
    case Endpoint::kGetPublicAccessBlock:
    case Endpoint::kGetBucketOwnershipControls:
      return get_bucket_configuration(std::move(call));
    case Endpoint::kGetBucketVersioning:
      return get_bucket_versioning(call);
    case Endpoint::kPutBucketVersioning:
      return put_bucket_versioning(std::move(call));
    case Endpoint::kGetBucketAcl:
    case Endpoint::kGetObjectAcl:
      return get_acl(std::move(call));
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

// Looks the bucket up and asks whether the caller may. A caller who may not learns nothing of what exists.
Outcome<void> admit(Call& call) {
  const bool names_bucket = call.route.bucket && call.route.endpoint != Endpoint::kCreateBucket;
  const std::string_view bucket = call.route.bucket ? std::string_view(call.bucket().str()) : std::string_view();
  const std::string_view key = call.route.key ? std::string_view(call.key().str()) : std::string_view();
  Result<model::BucketInfo> found = fail(Errc::kNoSuchBucket, "");
  if (names_bucket) found = call.catalog().get_bucket(call.bucket());
  const bool by_version = call.param("versionId").has_value();
  const std::string_view action =
      by_version ? iam_version_action(call.route.endpoint) : iam_action(call.route.endpoint);
  OBJSTORE_S3_TRY(authorize(call, action, bucket, key, found ? found->owner_account : ""));
  if (!names_bucket) return {};
  if (!found) {
    Failure failure = to_failure(found.error());
    if (failure.code == Code::kNoSuchBucket) failure.fields.emplace_back("BucketName", call.bucket().str());
    return std::unexpected(std::move(failure));
  }
  call.bucket_info = std::move(*found);
  return {};
}

Answer proceed(const std::shared_ptr<Call>& call) {
  OBJSTORE_S3_TRY(admit(*call));
  OBJSTORE_S3_TRY(check_bucket_owner(*call));
  OBJSTORE_S3_TRY(refuse_unsupported(*call));
  return run(call);
}

}  // namespace

S3Front::S3Front(Services services, FrontOptions options)
    : services_(services), options_(std::move(options)), tokens_(options_.token_secret) {}

api::Exchange S3Front::begin(const wire::RequestHead& head) {
  Outcome<Route> routed = route(head, options_.domains);
  if (!routed) return Ticket<api::Reply>(failure_reply(head, options_, routed.error()));
  auto authenticated = services_.authenticator.authenticate(head);
  if (!authenticated) return Ticket<api::Reply>(failure_reply(head, options_, to_failure(authenticated.error())));
  auto call = std::make_shared<Call>(Call{.services = services_,
                                          .options = options_,
                                          .tokens = tokens_,
                                          .head = head,
                                          .route = std::move(*routed),
                                          .auth = std::move(*authenticated),
                                          .bucket_info = std::nullopt});
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
