// S3's errors: the codes that clients know, their statuses, and where ours become theirs. The only place that knows
// both.
//
// Values and pure functions; any thread.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/auth/authenticator.h"

namespace objstore::s3 {

// X(name, HTTP status, the sentence that is sent when the place of the error has no better one).
#define OBJSTORE_S3_CODES(X)                                                                                        \
  X(AccessControlListNotSupported, 400, "The bucket does not allow ACLs")                                           \
  X(AccessDenied, 403, "Access Denied")                                                                             \
  X(AuthorizationHeaderMalformed, 400, "The authorization header that you provided is not valid.")                  \
  X(AuthorizationQueryParametersError, 400, "The authorization query parameters that you provided are not valid.")  \
  X(BadDigest, 400, "The Content-MD5 or checksum value that you specified did not match what the server received.") \
  X(BadRequest, 400, "An error occurred when parsing the HTTP request.")                                            \
  X(BucketAlreadyExists, 409,                                                                                       \
    "The requested bucket name is not available. The bucket namespace is shared by all users of the system.")       \
  X(BucketAlreadyOwnedByYou, 409,                                                                                   \
    "Your previous request to create the named bucket succeeded and you already own it.")                           \
  X(BucketNotEmpty, 409, "The bucket that you tried to delete is not empty.")                                       \
  X(ConditionalRequestConflict, 409,                                                                                \
    "A conflicting conditional operation is currently in progress against this resource. Please try again.")        \
  X(EntityTooLarge, 400, "Your proposed upload exceeds the maximum allowed object size.")                           \
  X(EntityTooSmall, 400, "Your proposed upload is smaller than the minimum allowed object size.")                   \
  X(IllegalLocationConstraintException, 400,                                                                        \
    "The specified location constraint is not the one of the region that this endpoint serves.")                    \
  X(IllegalVersioningConfigurationException, 400, "The Versioning element must be specified")                       \
  X(IncompleteBody, 400, "You did not provide the number of bytes specified by the Content-Length HTTP header.")    \
  X(InternalError, 500, "An internal error occurred. Try again.")                                                   \
  X(InvalidAccessKeyId, 403, "The AWS access key ID that you provided does not exist in our records.")              \
  X(InvalidArgument, 400, "Invalid Argument")                                                                       \
  X(InvalidBucketAclWithObjectOwnership, 400,                                                                       \
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")                               \
  X(InvalidBucketName, 400, "The specified bucket is not valid.")                                                   \
  X(InvalidChunkSizeError, 400, "Only the last chunk is allowed to have a size less than 8192 bytes")               \
  X(InvalidDigest, 400, "The Content-MD5 you specified is not valid.")                                              \
  X(InvalidLocationConstraint, 400, "The specified location constraint is not valid.")                              \
  X(InvalidPart, 400,                                                                                               \
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified " \
    "entity tag may not match the part's entity tag.")                                                              \
  X(InvalidPartOrder, 400, "The list of parts was not in ascending order. Parts must be ordered by part number.")   \
  X(InvalidRange, 416, "The requested range is not satisfiable")                                                    \
  X(InvalidRequest, 400, "Invalid Request")                                                                         \
  X(InvalidStorageClass, 400, "The storage class you specified is not valid")                                       \
  X(InvalidTag, 400, "The tag provided was not a valid tag.")                                                       \
  X(InvalidURI, 400, "Couldn't parse the specified URI.")                                                           \
  X(KeyTooLongError, 400, "Your key is too long")                                                                   \
  X(MalformedACLError, 400,                                                                                         \
    "The XML you provided was not well-formed or did not validate against our published schema")                    \
  X(MalformedPolicy, 400, "This policy contains invalid Json")                                                      \
  X(MalformedTrailerError, 400,                                                                                     \
    "The request contained trailing data that was not well-formed or did not conform to our published schema.")     \
  X(MalformedXML, 400, "The XML you provided was not well-formed or did not validate against our published schema") \
  X(MaxMessageLengthExceeded, 400, "Your request was too large.")                                                   \
  X(MetadataTooLarge, 400, "Your metadata headers exceed the maximum allowed metadata size")                        \
  X(MethodNotAllowed, 405, "The specified method is not allowed against this resource.")                            \
  X(MissingContentLength, 411, "You must provide the Content-Length HTTP header.")                                  \
  X(MissingSecurityHeader, 400, "Your request was missing a required header")                                       \
  X(NoSuchBucket, 404, "The specified bucket does not exist")                                                       \
  X(NoSuchBucketPolicy, 404, "The bucket policy does not exist")                                                    \
  X(NoSuchCORSConfiguration, 404, "The CORS configuration does not exist")                                          \
  X(NoSuchKey, 404, "The specified key does not exist.")                                                            \
  X(NoSuchLifecycleConfiguration, 404, "The lifecycle configuration does not exist")                                \
  X(NoSuchPublicAccessBlockConfiguration, 404, "The public access block configuration was not found")               \
  X(NoSuchTagSet, 404, "The TagSet does not exist")                                                                 \
  X(NoSuchUpload, 404,                                                                                              \
    "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been "     \
    "aborted or completed.")                                                                                        \
  X(NoSuchVersion, 404, "The specified version does not exist.")                                                    \
  X(NoSuchWebsiteConfiguration, 404, "The specified bucket does not have a website configuration")                  \
  X(NotImplemented, 501, "A header or query you provided implies functionality that is not implemented")            \
  X(NotModified, 304, "Not Modified")                                                                               \
  X(ObjectLockConfigurationNotFoundError, 404, "Object Lock configuration does not exist for this bucket")          \
  X(OperationAborted, 409,                                                                                          \
    "A conflicting conditional operation is currently in progress against this resource. Please try again.")        \
  X(OwnershipControlsNotFoundError, 404, "The bucket ownership controls were not found")                            \
  X(PreconditionFailed, 412, "At least one of the preconditions that you specified did not hold")                   \
  X(ReplicationConfigurationNotFoundError, 404, "The replication configuration was not found")                      \
  X(RequestHeaderSectionTooLarge, 400, "Your request header section exceeds the maximum allowed size.")             \
  X(RequestTimeTooSkewed, 403, "The difference between the request time and the server's time is too large.")       \
  X(RequestTimeout, 400,                                                                                            \
    "Your socket connection to the server was not read from or written to within the timeout period.")              \
  X(ServerSideEncryptionConfigurationNotFoundError, 404, "The server side encryption configuration was not found")  \
  X(ServiceUnavailable, 503, "Service is unable to handle the request. Please retry.")                              \
  X(SignatureDoesNotMatch, 403,                                                                                     \
    "The request signature we calculated does not match the signature you provided. Check your key and signing "    \
    "method.")                                                                                                      \
  X(SlowDown, 503, "Please reduce your request rate.")                                                              \
  X(UnexpectedContent, 400, "This request does not support content")                                                \
  X(XAmzContentSHA256Mismatch, 400, "The provided 'x-amz-content-sha256' header does not match what was computed.")

enum class Code : std::uint8_t {
#define OBJSTORE_S3_ENUMERATOR(name, status, sentence) k##name,
  OBJSTORE_S3_CODES(OBJSTORE_S3_ENUMERATOR)
#undef OBJSTORE_S3_ENUMERATOR
};

struct CodeFacts {
  std::string_view name;  // "NoSuchKey"
  int status;
  std::string_view sentence;
};
const CodeFacts& facts(Code code) noexcept;

using Fields = std::vector<std::pair<std::string, std::string>>;

// An error as S3 says it. An empty message stands for the code's own sentence.
struct Failure {
  Code code = Code::kInternalError;
  std::string message;
  Fields fields;        // further elements of the document: name, text
  Fields headers = {};  // further headers of the reply
};

template <typename T>
using Outcome = std::expected<T, Failure>;

inline std::unexpected<Failure> refuse(Code code, std::string message = {}, Fields fields = {}) {
  return std::unexpected<Failure>(Failure{code, std::move(message), std::move(fields)});
}

// What a failure of the layers below means to a client of S3. Messages of errors that are the server's own (kIo,
// kCorrupt, kInternal) stay inside: they belong into the log.
Failure to_failure(const Error& error);
Failure to_failure(const auth::AuthError& error);
// What the transport refused by itself, by HTTP status.
Failure to_failure(int status, const Error& error);

// The error document.
std::string error_document(const Failure& failure, std::string_view resource, std::string_view request_id,
                           std::string_view host_id);

}  // namespace objstore::s3

// Returns the failure of an Outcome expression to the caller.
#define OBJSTORE_S3_TRY(expr)                                                                  \
  do {                                                                                         \
    if (auto objstore_s3_outcome = (expr); !objstore_s3_outcome)                               \
      return std::unexpected<::objstore::s3::Failure>(std::move(objstore_s3_outcome.error())); \
  } while (false)

// OBJSTORE_S3_ASSIGN(auto x, f()): x is f()'s value, or the caller gets f()'s failure.
#define OBJSTORE_S3_ASSIGN(decl, expr) \
  OBJSTORE_S3_ASSIGN_INNER(OBJSTORE_CONCAT(objstore_s3_outcome_, __LINE__), decl, expr)
#define OBJSTORE_S3_ASSIGN_INNER(tmp, decl, expr)                                    \
  auto tmp = (expr);                                                                 \
  if (!tmp) return std::unexpected<::objstore::s3::Failure>(std::move(tmp.error())); \
  decl = std::move(*tmp)
