// From a request's head to the one operation that it names. Nothing is looked up, nobody is identified yet.
//
// Values and pure functions; any thread.
#pragma once

#include <objstore/names.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/wire/http.h"
#include "common/wire/uri.h"
#include "server/api/s3/errors.h"

namespace objstore::s3 {

// X(operation as S3 calls it, action that IAM asks for).
#define OBJSTORE_S3_ENDPOINTS(X)                                                                        \
  X(ListBuckets, "s3:ListAllMyBuckets")                                                                 \
  X(CreateBucket, "s3:CreateBucket")                                                                    \
  X(HeadBucket, "s3:ListBucket")                                                                        \
  X(DeleteBucket, "s3:DeleteBucket")                                                                    \
  X(GetBucketLocation, "s3:GetBucketLocation")                                                          \
  X(GetBucketVersioning, "s3:GetBucketVersioning")                                                      \
  X(PutBucketVersioning, "s3:PutBucketVersioning")                                                      \
  X(GetBucketRequestPayment, "s3:GetBucketRequestPayment")                                              \
  X(GetBucketLogging, "s3:GetBucketLogging")                                                            \
  X(GetBucketNotification, "s3:GetBucketNotification")                                                  \
  X(GetBucketAccelerate, "s3:GetAccelerateConfiguration")                                               \
  X(GetBucketAcl, "s3:GetBucketAcl")                                                                    \
  X(PutBucketAcl, "s3:PutBucketAcl")                                                                    \
  X(GetBucketPolicy, "s3:GetBucketPolicy")                                                              \
  X(PutBucketPolicy, "s3:PutBucketPolicy")                                                              \
  X(DeleteBucketPolicy, "s3:DeleteBucketPolicy")                                                        \
  X(GetBucketPolicyStatus, "s3:GetBucketPolicyStatus")                                                  \
  X(GetBucketCors, "s3:GetBucketCORS")                                                                  \
  X(GetBucketLifecycle, "s3:GetLifecycleConfiguration")                                                 \
  X(GetBucketTagging, "s3:GetBucketTagging")                                                            \
  X(PutBucketTagging, "s3:PutBucketTagging")                                                            \
  X(DeleteBucketTagging, "s3:PutBucketTagging")                                                         \
  X(GetBucketWebsite, "s3:GetBucketWebsite")                                                            \
  X(GetBucketReplication, "s3:GetReplicationConfiguration")                                             \
  X(GetBucketEncryption, "s3:GetEncryptionConfiguration")                                               \
  X(GetObjectLockConfiguration, "s3:GetBucketObjectLockConfiguration")                                  \
  X(GetPublicAccessBlock, "s3:GetBucketPublicAccessBlock")                                              \
  X(PutPublicAccessBlock, "s3:PutBucketPublicAccessBlock")                                              \
  X(DeletePublicAccessBlock, "s3:PutBucketPublicAccessBlock")                                           \
  X(GetBucketOwnershipControls, "s3:GetBucketOwnershipControls")                                        \
  X(PutBucketOwnershipControls, "s3:PutBucketOwnershipControls")                                        \
  X(DeleteBucketOwnershipControls, "s3:PutBucketOwnershipControls")                                     \
  X(ListObjects, "s3:ListBucket")                                                                       \
  X(ListObjectsV2, "s3:ListBucket")                                                                     \
  X(ListObjectVersions, "s3:ListBucketVersions")                                                        \
  X(ListMultipartUploads, "s3:ListBucketMultipartUploads")                                              \
  X(DeleteObjects, "s3:DeleteObject")                                                                   \
  X(GetObject, "s3:GetObject")                                                                          \
  X(HeadObject, "s3:GetObject")                                                                         \
  X(GetObjectAcl, "s3:GetObjectAcl")                                                                    \
  X(PutObjectAcl, "s3:PutObjectAcl")                                                                    \
  X(GetObjectAttributes, "s3:GetObjectAttributes")                                                      \
  X(GetObjectTagging, "s3:GetObjectTagging")                                                            \
  X(PutObjectTagging, "s3:PutObjectTagging")                                                            \
  X(DeleteObjectTagging, "s3:DeleteObjectTagging")                                                      \
  X(PutObject, "s3:PutObject")                                                                          \
  X(CopyObject, "s3:PutObject")                                                                         \
  X(GetObjectSignature, "s3:GetObject")                                                                 \
  X(PutObjectDelta, "s3:PutObject")                                                                     \
  X(DeleteObject, "s3:DeleteObject")                                                                    \
  X(CreateMultipartUpload, "s3:PutObject")                                                              \
  X(UploadPart, "s3:PutObject")                                                                         \
  X(UploadPartCopy, "s3:PutObject")                                                                     \
  X(CompleteMultipartUpload, "s3:PutObject")                                                            \
  X(AbortMultipartUpload, "s3:AbortMultipartUpload")                                                    \
  X(ListParts, "s3:ListMultipartUploadParts")                                                           \
  /* Known to S3 or to nobody, but not provided: answered only after the caller has been identified. */ \
  X(NotImplemented, "s3:NotImplemented")

enum class Endpoint : std::uint8_t {
#define OBJSTORE_S3_ENUMERATOR(name, action) k##name,
  OBJSTORE_S3_ENDPOINTS(OBJSTORE_S3_ENUMERATOR)
#undef OBJSTORE_S3_ENUMERATOR
};

std::string_view operation_name(Endpoint endpoint) noexcept;  // "PutObject"
std::string_view iam_action(Endpoint endpoint) noexcept;      // "s3:PutObject"
// What IAM asks for when the request names a version: "s3:GetObjectVersion". The same where it makes no difference.
std::string_view iam_version_action(Endpoint endpoint) noexcept;

struct Route {
  Endpoint endpoint = Endpoint::kNotImplemented;
  std::optional<BucketName> bucket;
  std::optional<ObjectKey> key;
  wire::QueryParams params;
};

// InvalidURI, InvalidBucketName, KeyTooLongError, InvalidArgument (contradicting or repeated parameters),
// MethodNotAllowed. `domains`: the names below which buckets are hosts.
Outcome<Route> route(const wire::RequestHead& head, const std::vector<std::string>& domains);

}  // namespace objstore::s3
