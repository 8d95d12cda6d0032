// Access control lists, as far as there are any: everything is its bucket's owner's and nobody else's.
#include "server/api/s3/acl_request.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kXsiNamespace = "http://www.w3.org/2001/XMLSchema-instance";

std::string private_acl(const Call& call, const std::string& owner_account) {
  wire::XmlWriter xml("AccessControlPolicy", wire::kS3Namespace);
  add_owner(xml, "Owner", call, owner_account);
  xml.open("AccessControlList").open("Grant");
  xml.open("Grantee", {{"xmlns:xsi", kXsiNamespace}, {"xsi:type", "CanonicalUser"}});
  add_owner_children(xml, call, owner_account);
  xml.close();
  xml.element("Permission", "FULL_CONTROL");
  return std::move(xml).finish();
}

Outcome<AclChoice> requested_acl(const Call& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const std::optional<AclChoice> by_header, acl_of_headers(call));
  if (by_header && !document.empty()) return refuse(Code::kUnexpectedContent);
  if (by_header) return *by_header;
  if (document.empty()) return refuse(Code::kMissingSecurityHeader, {}, {{"MissingHeaderName", "x-amz-acl"}});
  return acl_of_document(call, document);
}

// Nothing is written: the list that may be asked for is the one that is there.
Outcome<Ticket<api::Reply>> confirm_acl(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  api::Reply reply = empty_reply(*call, 200);
  if (call->route.key) {
    OBJSTORE_S3_ASSIGN(const model::ObjectInfo info, read_head(*call, version));
    add_version_header(*call, reply.headers, info);
  }
  OBJSTORE_S3_ASSIGN(const AclChoice choice, requested_acl(*call, document));
  OBJSTORE_S3_ASSIGN(const bool enforced, is_enforced_by_owner(*call));
  if (enforced || choice == AclChoice::kOther) return refuse(Code::kAccessControlListNotSupported);
  return Ticket<api::Reply>(std::move(reply));
}

}  // namespace

Answer get_acl(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  std::string owner = call->bucket_info->owner_account;
  if (call->route.key) {
    OBJSTORE_S3_ASSIGN(const model::ObjectInfo info, read_head(*call, version));
    owner = info.owner_account;
    api::Reply reply = xml_reply(*call, 200, private_acl(*call, owner));
    add_version_header(*call, reply.headers, info);
    return Ticket<api::Reply>(std::move(reply));
  }
  return Ticket<api::Reply>(xml_reply(*call, 200, private_acl(*call, owner)));
}

Answer put_acl(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, confirm_acl);
}

}  // namespace objstore::s3
