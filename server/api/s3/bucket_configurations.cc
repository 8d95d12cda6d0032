// Clients ask a bucket for its configurations before they use it (s3cmd for its location and life cycle, Terraform for
// all of them). A bucket that can have none answers what S3 answers for a bucket that has none.
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kFirstRegion = "us-east-1";  // S3 names it by leaving the element empty

std::string empty_document(std::string_view root) {
  return wire::XmlWriter(root, wire::kS3Namespace).finish();
}

std::string location_document(const Call& call) {
  const std::string& region = call.bucket_info->region;
  return text_document("LocationConstraint", region == kFirstRegion ? std::string_view() : std::string_view(region));
}

std::string payer_document() {
  wire::XmlWriter xml("RequestPaymentConfiguration", wire::kS3Namespace);
  xml.element("Payer", "BucketOwner");
  return std::move(xml).finish();
}

std::unexpected<Failure> absent(const Call& call, Code code) {
  return refuse(code, {}, {{"BucketName", call.bucket().str()}});
}

Outcome<std::string> configuration(const Call& call) {
  switch (call.route.endpoint) {
    case Endpoint::kGetBucketLocation:
      return location_document(call);
    case Endpoint::kGetBucketRequestPayment:
      return payer_document();
    case Endpoint::kGetBucketLogging:
      return empty_document("BucketLoggingStatus");
    case Endpoint::kGetBucketNotification:
      return empty_document("NotificationConfiguration");
    case Endpoint::kGetBucketAccelerate:
      return empty_document("AccelerateConfiguration");
    case Endpoint::kGetBucketCors:
      return absent(call, Code::kNoSuchCORSConfiguration);
    case Endpoint::kGetBucketLifecycle:
      return absent(call, Code::kNoSuchLifecycleConfiguration);
    case Endpoint::kGetBucketWebsite:
      return absent(call, Code::kNoSuchWebsiteConfiguration);
    case Endpoint::kGetBucketReplication:
      return absent(call, Code::kReplicationConfigurationNotFoundError);
    case Endpoint::kGetBucketEncryption:
      return absent(call, Code::kServerSideEncryptionConfigurationNotFoundError);
    case Endpoint::kGetObjectLockConfiguration:
      return absent(call, Code::kObjectLockConfigurationNotFoundError);
    default:  // the router sends nothing else here
      return refuse(Code::kInternalError);
  }
}

}  // namespace

Answer get_bucket_configuration(CallPtr call) {
  OBJSTORE_S3_ASSIGN(std::string document, configuration(*call));
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(document)));
}

}  // namespace objstore::s3
