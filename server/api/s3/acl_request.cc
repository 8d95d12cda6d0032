#include "server/api/s3/acl_request.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kGrantPrefix = "x-amz-grant-";
constexpr std::string_view kFullControl = "FULL_CONTROL";
constexpr auto kOtherCannedAcls =
    std::to_array<std::string_view>({"public-read", "public-read-write", "authenticated-read", "aws-exec-read",
                                     "bucket-owner-read", "log-delivery-write"});
constexpr auto kGrantHeaders =
    std::to_array<std::string_view>({"x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp",
                                     "x-amz-grant-write", "x-amz-grant-write-acp"});
constexpr auto kPermissions = std::to_array<std::string_view>({kFullControl, "READ", "READ_ACP", "WRITE", "WRITE_ACP"});
constexpr auto kGranteeKinds = std::to_array<std::string_view>({"id", "uri", "emailAddress"});
constexpr auto kGranteeTypes = std::to_array<std::string_view>({"CanonicalUser", "Group", "AmazonCustomerByEmail"});

bool is_one_of(std::string_view text, const auto& list) {
  return std::ranges::find(list, text) != list.end();
}

std::string bucket_owner_id(const Call& call) {
  // A bucket that is being made is its maker's.
  const std::string& account = call.bucket_info ? call.bucket_info->owner_account : call.auth.principal.account_id;
  const auto found = call.services.credentials.find_account(account);
  return found ? found->owner_id : account;
}

Outcome<AclChoice> canned_acl(std::string_view value) {
  if (value == "bucket-owner-full-control") return AclChoice::kOwnerFullControl;
  if (value == "private") return AclChoice::kPrivate;
  if (is_one_of(value, kOtherCannedAcls)) return AclChoice::kOther;
  return invalid_argument({}, "x-amz-acl", value);
}

// One grantee of a list in a header: id="...", with or without the quotes. Nothing when it has no such form.
std::optional<std::pair<std::string_view, std::string_view>> read_grantee(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  const std::string_view kind = trim(text.substr(0, equals));
  std::string_view who = trim(text.substr(equals + 1));
  if (who.size() >= 2 && who.starts_with('"') && who.ends_with('"')) who = who.substr(1, who.size() - 2);
  if (!is_one_of(kind, kGranteeKinds) || who.empty()) return std::nullopt;
  return std::pair(kind, who);
}

// True when the owner is the only grantee.
Outcome<bool> is_owner_alone(const Call& call, const wire::Header& header) {
  const std::string owner = bucket_owner_id(call);
  bool alone = true;
  std::string_view rest = header.value;
  do {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const auto grantee = read_grantee(rest.substr(0, comma));
    if (!grantee) return invalid_argument("Argument format not recognized", header.name, header.value);
    alone = alone && grantee->first == "id" && grantee->second == owner;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  } while (!rest.empty());
  return alone;
}

Outcome<std::optional<AclChoice>> acl_of_grants(const Call& call) {
  std::optional<AclChoice> choice;
  for (const wire::Header& header : call.head.headers) {
    const std::string name = to_lower(header.name);
    if (!name.starts_with(kGrantPrefix)) continue;
    if (!is_one_of(name, kGrantHeaders)) return invalid_argument({}, header.name, header.value);
    OBJSTORE_S3_ASSIGN(const bool owner_alone, is_owner_alone(call, header));
    const bool full = owner_alone && name == kGrantHeaders.front();
    if (!full || choice == AclChoice::kOther)
      choice = AclChoice::kOther;
    else
      choice = AclChoice::kOwnerFullControl;
  }
  return choice;
}

// The grantee's canonical id; empty for a group or an address. Nothing when the grant is malformed.
std::optional<std::string_view> grantee_of(const wire::XmlElement& grant) {
  const wire::XmlElement* grantee = grant.child("Grantee");
  if (grant.name != "Grant" || grant.count("Grantee") != 1 || grant.count("Permission") != 1) return std::nullopt;
  if (!is_one_of(trim(grant.child_text("Permission")), kPermissions)) return std::nullopt;
  const auto is_type = [](const auto& attribute) {
    return attribute.first == "type" || attribute.first.ends_with(":type");
  };
  const auto type = std::ranges::find_if(grantee->attributes, is_type);
  if (type == grantee->attributes.end() || !is_one_of(type->second, kGranteeTypes)) return std::nullopt;
  return type->second == kGranteeTypes.front() ? trim(grantee->child_text("ID")) : std::string_view();
}

bool makes_something(Endpoint endpoint) {
  return endpoint == Endpoint::kPutObject || endpoint == Endpoint::kCopyObject ||
         endpoint == Endpoint::kCreateMultipartUpload || endpoint == Endpoint::kCreateBucket;
}

}  // namespace

Outcome<std::optional<AclChoice>> acl_of_headers(const Call& call) {
  OBJSTORE_S3_ASSIGN(const std::optional<AclChoice> granted, acl_of_grants(call));
  const auto canned = call.header("x-amz-acl");
  if (!canned) return granted;
  if (granted) return refuse(Code::kInvalidRequest, "Specifying both Canned ACLs and Header Grants is not allowed");
  OBJSTORE_S3_ASSIGN(const AclChoice choice, canned_acl(*canned));
  return std::optional(choice);
}

Outcome<AclChoice> acl_of_document(const Call& call, const std::string& document) {
  const auto root = parse_document(document, "AccessControlPolicy", kDocumentBytesMax);
  if (!root) return refuse(root.error().code == Code::kMalformedXML ? Code::kMalformedACLError : root.error().code);
  const wire::XmlElement* owner = root->child("Owner");
  const wire::XmlElement* list = root->child("AccessControlList");
  if (owner == nullptr || list == nullptr || root->children.size() != 2) return refuse(Code::kMalformedACLError);
  const std::string expected = bucket_owner_id(call);
  if (trim(owner->child_text("ID")) != expected) return refuse(Code::kAccessDenied);
  bool full_control = false;
  bool others = false;
  for (const wire::XmlElement& grant : list->children) {
    const auto grantee = grantee_of(grant);
    if (!grantee) return refuse(Code::kMalformedACLError);
    const bool is_the_owners = *grantee == expected;
    others = others || !is_the_owners;
    full_control = full_control || (is_the_owners && trim(grant.child_text("Permission")) == kFullControl);
  }
  return full_control && !others ? AclChoice::kOwnerFullControl : AclChoice::kOther;
}

Outcome<bool> is_enforced_by_owner(const Call& call) {
  OBJSTORE_S3_ASSIGN(const auto controls, outcome(call.catalog().get_document(
                                              *call.bucket_info, model::BucketDocument::kOwnershipControls)));
  return controls.has_value();
}

Outcome<void> check_acl_headers(const Call& call) {
  if (!makes_something(call.route.endpoint)) return {};
  OBJSTORE_S3_ASSIGN(const std::optional<AclChoice> choice, acl_of_headers(call));
  if (!choice || *choice == AclChoice::kOwnerFullControl) return {};
  const bool makes_bucket = call.route.endpoint == Endpoint::kCreateBucket;
  if (*choice == AclChoice::kPrivate) {
    if (makes_bucket) return {};
    OBJSTORE_S3_ASSIGN(const bool enforced, is_enforced_by_owner(call));
    if (!enforced) return {};
  }
  return refuse(makes_bucket ? Code::kInvalidBucketAclWithObjectOwnership : Code::kAccessControlListNotSupported);
}

}  // namespace objstore::s3
