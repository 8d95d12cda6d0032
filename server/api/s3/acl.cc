// Access control lists, as far as there are any: everything is its owner's and nobody else's.
#include "server/api/s3/arguments.h"
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

}  // namespace objstore::s3
