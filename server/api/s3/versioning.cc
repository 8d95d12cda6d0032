// Whether a bucket keeps versions.
#include "common/base/bytes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

Outcome<model::Versioning> read_status(const wire::XmlElement& root) {
  const std::string_view mfa = trim(root.child_text("MfaDelete"));
  if (mfa == "Enabled") return refuse(Code::kNotImplemented, "MfaDelete is not implemented");
  if (!mfa.empty() && mfa != "Disabled") return refuse(Code::kMalformedXML);
  const std::string_view status = trim(root.child_text("Status"));
  if (status == "Enabled") return model::Versioning::kEnabled;
  if (status == "Suspended") return model::Versioning::kSuspended;
  // Without a status S3 takes the document for one that says nothing.
  return refuse(status.empty() ? Code::kIllegalVersioningConfigurationException : Code::kMalformedXML);
}

Outcome<Ticket<api::Reply>> set_versioning(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root,
                     parse_document(document, "VersioningConfiguration", kDocumentBytesMax));
  OBJSTORE_S3_ASSIGN(const model::Versioning versioning, read_status(root));
  return answer(call, call->catalog().set_versioning(call->bucket(), versioning),
                [](const Call& c, const Done&) -> Outcome<api::Reply> { return empty_reply(c, 200); });
}

}  // namespace

Answer get_bucket_versioning(const CallPtr& call) {
  wire::XmlWriter xml("VersioningConfiguration", wire::kS3Namespace);
  switch (call->bucket_info->versioning) {
    case model::Versioning::kNever:
      break;
    case model::Versioning::kEnabled:
      xml.element("Status", "Enabled");
      break;
    case model::Versioning::kSuspended:
      xml.element("Status", "Suspended");
      break;
  }
  return Ticket<api::Reply>(xml_reply(*call, 200, std::move(xml).finish()));
}

Answer put_bucket_versioning(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, set_versioning);
}

}  // namespace objstore::s3
