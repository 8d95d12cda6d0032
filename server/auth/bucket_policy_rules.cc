#include "server/auth/bucket_policy_rules.h"

#include <algorithm>
#include <array>

#include "common/wire/ip_network.h"
#include "server/auth/policy_pattern.h"

namespace objstore::auth {
namespace {

constexpr std::string_view kArnPrefix = "arn:aws:s3:::";

// The keys that AWS knows for S3, in lower case; a slash at the end stands for a name that follows. A key that this
// server never has a value for is one that a request does not have, as it may be at AWS.
constexpr auto kKnownKeys = std::to_array<std::string_view>({
    "aws:calledvia",
    "aws:calledviafirst",
    "aws:calledvialast",
    "aws:currenttime",
    "aws:epochtime",
    "aws:federatedprovider",
    "aws:multifactorauthage",
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:principaltag/",
    "aws:principaltype",
    "aws:referer",
    "aws:requestedregion",
    "aws:requesttag/",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:resourcetag/",
    "aws:securetransport",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceidentity",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:tagkeys",
    "aws:tokenissuetime",
    "aws:useragent",
    "aws:userid",
    "aws:username",
    "aws:viaawsservice",
    "aws:vpcsourceip",
    "s3:accesspointnetworkorigin",
    "s3:authtype",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:delimiter",
    "s3:existingobjecttag/",
    "s3:if-match",
    "s3:if-none-match",
    "s3:inventoryaccessibleoptionalfields",
    "s3:locationconstraint",
    "s3:max-keys",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-retain-until-date",
    "s3:objectcreationoperation",
    "s3:prefix",
    "s3:requestobjecttag/",
    "s3:requestobjecttagkeys",
    "s3:resourceaccount",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
    "s3:versionid",
    "s3:x-amz-acl",
    "s3:x-amz-content-sha256",
    "s3:x-amz-copy-source",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-metadata-directive",
    "s3:x-amz-object-ownership",
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "s3:x-amz-server-side-encryption-customer-algorithm",
    "s3:x-amz-storage-class",
    "s3:x-amz-website-redirect-location",
});

// Conditions on these hold who comes in to a fixed set.
constexpr auto kConfiningKeys = std::to_array<std::string_view>(
    {"aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:sourceip",
     "aws:principalorgid", "aws:principalarn", "aws:principalaccount", "aws:userid",
     "s3:x-amz-server-side-encryption-aws-kms-key-id", "s3:dataaccesspointarn", "s3:dataaccesspointaccount"});

// Networks wider than this are as good as everybody.
constexpr unsigned kNetworkBits4Min = 8;
constexpr unsigned kNetworkBits6Min = 32;

bool is_known_key(std::string_view key) {
  return std::ranges::any_of(kKnownKeys, [&](std::string_view known) {
    return known.ends_with('/') ? key.starts_with(known) && key.size() > known.size() : key == known;
  });
}

bool is_s3_action(std::string_view action) {
  constexpr std::string_view kService = "s3:";
  if (action == "*") return true;
  if (!action.starts_with(kService)) return false;
  return std::ranges::all_of(action.substr(kService.size()),
                             [](char c) { return (c >= 'a' && c <= 'z') || c == '*' || c == '?'; });
}

// A wildcard in the bucket's place may stand as long as it means this bucket, too; more than that it never does.
bool speaks_of(std::string_view resource, const BucketName& bucket) {
  if (!resource.starts_with(kArnPrefix)) return false;
  const std::string_view name = resource.substr(kArnPrefix.size(), resource.find('/') - kArnPrefix.size());
  return matches_wildcards(name, bucket.str());
}

bool is_confining_value(const Condition& condition, const std::string& value) {
  if (condition.op.comparison != Comparison::kIpAddress) return is_fixed(value);
  const auto network = wire::IpNetwork::parse(value);
  return network && network->prefix_bits() >= (network->v6() ? kNetworkBits6Min : kNetworkBits4Min);
}

bool confines(const Condition& condition) {
  const ConditionOperator& op = condition.op;
  const bool affirms = !op.negated && !op.if_exists && op.quantifier != Quantifier::kAllValues;
  const bool compares = op.comparison == Comparison::kStringEquals || op.comparison == Comparison::kStringLike ||
                        op.comparison == Comparison::kStringEqualsIgnoreCase || op.comparison == Comparison::kArn ||
                        op.comparison == Comparison::kIpAddress;
  if (!affirms || !compares || std::ranges::find(kConfiningKeys, condition.key) == kConfiningKeys.end()) return false;
  return std::ranges::all_of(condition.values,
                             [&](const std::string& value) { return is_confining_value(condition, value); });
}

}  // namespace

Status check_bucket_statement(const Statement& statement, const BucketName& bucket) {
  if (statement.principals.empty()) return fail(Errc::kMalformed, "Missing required field Principal");
  if (!std::ranges::all_of(statement.actions, is_s3_action)) return fail(Errc::kMalformed, "Policy has invalid action");
  for (const std::string& resource : statement.resources)
    if (!speaks_of(resource, bucket)) return fail(Errc::kMalformed, "Policy has invalid resource");
  for (const Condition& condition : statement.conditions)
    if (!is_known_key(condition.key)) return fail(Errc::kMalformed, "Policy has an invalid condition key");
  return {};
}

bool is_public(const PolicyDocument& policy) {
  return std::ranges::any_of(policy.statements, [](const Statement& statement) {
    const bool everyone = std::ranges::any_of(
        statement.principals, [](const PolicyPrincipal& p) { return p.kind == PolicyPrincipal::Kind::kEveryone; });
    return statement.effect == Effect::kAllow && everyone && std::ranges::none_of(statement.conditions, confines);
  });
}

}  // namespace objstore::auth
