#include "server/api/s3/access.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/public_access.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/request_context.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

using model::BucketDocument;

bool makes_object(Endpoint endpoint) {
  return endpoint == Endpoint::kPutObject || endpoint == Endpoint::kCopyObject ||
         endpoint == Endpoint::kPutObjectDelta || endpoint == Endpoint::kCreateMultipartUpload;
}

bool has_header_of(const Call& call, std::string_view prefix) {
  return std::ranges::any_of(call.head.headers, [&](const wire::Header& h) {
    return equals_ignore_case(std::string_view(h.name).substr(0, prefix.size()), prefix);
  });
}

// The operation's own action, and those that its headers and parameters ask for beside.
std::vector<std::string_view> required_actions(const Call& call) {
  const Endpoint endpoint = call.route.endpoint;
  std::vector<std::string_view> out;
  // Each key is asked for by itself, once the keys are known.
  const bool by_version = call.param("versionId").has_value();
  if (endpoint != Endpoint::kDeleteObjects)
    out.push_back(by_version ? iam_version_action(endpoint) : iam_action(endpoint));
  if (endpoint == Endpoint::kGetObjectAttributes)
    out.push_back(by_version ? iam_version_action(Endpoint::kGetObject) : iam_action(Endpoint::kGetObject));
  const bool sets_acl = call.header("x-amz-acl") || has_header_of(call, "x-amz-grant-");
  if (makes_object(endpoint) && sets_acl) out.emplace_back("s3:PutObjectAcl");
  if (makes_object(endpoint) && call.header("x-amz-tagging")) out.emplace_back("s3:PutObjectTagging");
  if (endpoint == Endpoint::kCreateBucket && sets_acl) out.emplace_back("s3:PutBucketAcl");
  // Whether the ETag was right is something about the object.
  const bool compares = endpoint == Endpoint::kPutObject || endpoint == Endpoint::kPutObjectDelta ||
                        endpoint == Endpoint::kCompleteMultipartUpload;
  if (compares && call.header("if-match")) out.emplace_back("s3:GetObject");
  if (equals_ignore_case(call.header("x-amz-bypass-governance-retention").value_or(""), "true"))
    out.emplace_back("s3:BypassGovernanceRetention");
  return out;
}

bool is_of_owner(const Call& call, const model::BucketInfo& bucket) {
  return !call.auth.principal.anonymous && call.auth.principal.account_id == bucket.owner_account;
}

Outcome<BucketRules> read_rules(const Call& call, const BucketName& name, const model::BucketInfo& bucket) {
  BucketRules rules;
  OBJSTORE_S3_ASSIGN(const auto policy, outcome(call.catalog().get_document(bucket, BucketDocument::kPolicy)));
  if (!policy) return rules;
  rules.policy = call.policies.get(bucket.id, name, *policy);
  if (is_of_owner(call, bucket)) return rules;  // a policy that is public for others is the owner's all the same
  OBJSTORE_S3_ASSIGN(const auto block,
                     outcome(call.catalog().get_document(bucket, BucketDocument::kPublicAccessBlock)));
  rules.restrict_public = block && stored_public_access(*block).restrict_public_buckets;
  return rules;
}

// Whether the question is about the object that x-amz-copy-source names.
bool is_about_source(const Call& call, std::string_view action, std::string_view bucket, std::string_view key) {
  if (!action.starts_with("s3:GetObject")) return false;
  const Endpoint endpoint = call.route.endpoint;
  if (endpoint == Endpoint::kCopyObject || endpoint == Endpoint::kUploadPartCopy) return true;
  if (endpoint != Endpoint::kPutObjectDelta) return false;
  // If-Match of a delta asks about the object that is replaced.
  return action != "s3:GetObject" || bucket != call.bucket().str() || key != call.key().str();
}

Outcome<void> ask_in(const RequestContext& context, const Call& call, const BucketRules& rules, std::string_view action,
                     std::string_view bucket, std::string_view key, std::string_view bucket_owner) {
  return outcome(call.services.authorizer.authorize(call.auth.principal, {.action = action,
                                                                          .bucket = bucket,
                                                                          .key = key,
                                                                          .bucket_owner = bucket_owner,
                                                                          .bucket_policy = rules.policy.get(),
                                                                          .restrict_public = rules.restrict_public,
                                                                          .context = &context}));
}

Outcome<void> ask(const Call& call, const BucketRules& rules, std::string_view action, std::string_view bucket,
                  std::string_view key, std::string_view bucket_owner) {
  const RequestContext context(call, bucket, key, is_about_source(call, action, bucket, key));
  return ask_in(context, call, rules, action, bucket, key, bucket_owner);
}

// Who could not be allowed any key is refused before the list of keys is read.
Outcome<void> admit_to_keys(const Call& call) {
  if (call.route.endpoint != Endpoint::kDeleteObjects || !call.bucket_info || call.rules.policy ||
      is_of_owner(call, *call.bucket_info))
    return {};
  return refuse(Code::kAccessDenied);
}

std::string_view owner_to_ask(const Call& call) {
  if (call.bucket_info) return call.bucket_info->owner_account;
  // A bucket that is being made is its maker's.
  if (call.route.endpoint == Endpoint::kCreateBucket) return call.auth.principal.account_id;
  return {};
}

// Who may list learns that a key is missing anyway.
Failure why_unreadable(const Call& call, Failure denied) {
  const bool reads = call.route.endpoint == Endpoint::kGetObject || call.route.endpoint == Endpoint::kHeadObject;
  if (!reads || !call.bucket_info) return denied;
  Failure missing{.code = Code::kNoSuchKey, .message = {}, .fields = {{"Key", call.key().str()}}};
  missing =
      as_told(call, call.bucket_info->name, call.key().str(), call.bucket_info->owner_account, std::move(missing));
  if (missing.code != Code::kNoSuchKey) return denied;
  const auto version = read_version(call);
  if (!version) return denied;
  auto found = read_head(call, *version);
  return found ? std::move(denied) : std::move(found.error());
}

std::string_view bucket_text(const Call& call) {
  return call.route.bucket ? std::string_view(call.bucket().str()) : std::string_view();
}

std::string_view key_text(const Call& call) {
  return call.route.key ? std::string_view(call.key().str()) : std::string_view();
}

// Of any bucket; none for one that does not exist, which has no owner.
Outcome<BucketRules> rules_of(const Call& call, std::string_view bucket, std::string_view bucket_owner) {
  if (call.bucket_info && bucket == call.bucket_info->name) return call.rules;
  const auto name = BucketName::parse(bucket);
  if (!name || bucket_owner.empty()) return BucketRules();
  OBJSTORE_S3_ASSIGN(const model::BucketInfo info, outcome(call.catalog().get_bucket(*name)));
  return read_rules(call, *name, info);
}

// Asks for every action of the request. A decision that took something of a body that is not there yet is none: then
// the body is read, and admit_body() decides. Who is refused whatever the body says is refused now.
Outcome<void> ask_before_body(Call& call) {
  for (const std::string_view action : required_actions(call)) {
    const RequestContext context(call, bucket_text(call), key_text(call), false);
    const Outcome<void> asked =
        ask_in(context, call, call.rules, action, bucket_text(call), key_text(call), owner_to_ask(call));
    if (context.asked_of_body())
      call.decided_by_body = true;
    else if (!asked)
      return std::unexpected(why_unreadable(call, asked.error()));
  }
  return {};
}

}  // namespace

Outcome<void> admit(Call& call) {
  const bool names_bucket = call.route.bucket && call.route.endpoint != Endpoint::kCreateBucket;
  Result<model::BucketInfo> found = fail(Errc::kNoSuchBucket, "");
  if (names_bucket) found = call.catalog().get_bucket(call.bucket());
  if (found) {
    OBJSTORE_S3_ASSIGN(call.rules, read_rules(call, call.bucket(), *found));
    call.bucket_info = std::move(*found);
  }
  if (call.auth.principal.anonymous && !call.bucket_info && !names_bucket) return refuse(Code::kAccessDenied);
  OBJSTORE_S3_TRY(ask_before_body(call));
  OBJSTORE_S3_TRY(admit_to_keys(call));
  if (!names_bucket || call.bucket_info) return {};
  Failure failure = to_failure(found.error());
  if (failure.code == Code::kNoSuchBucket) failure.fields.emplace_back("BucketName", call.bucket().str());
  return std::unexpected(std::move(failure));
}

Outcome<void> admit_body(const Call& call, const BodyFacts& facts) {
  if (!call.decided_by_body) return {};
  for (const std::string_view action : required_actions(call)) {
    const RequestContext context(call, bucket_text(call), key_text(call), false, &facts);
    OBJSTORE_S3_TRY(ask_in(context, call, call.rules, action, bucket_text(call), key_text(call), owner_to_ask(call)));
  }
  return {};
}

Outcome<void> authorize(const Call& call, std::string_view action, std::string_view bucket, std::string_view key,
                        std::string_view bucket_owner) {
  OBJSTORE_S3_ASSIGN(const BucketRules rules, rules_of(call, bucket, bucket_owner));
  return ask(call, rules, action, bucket, key, bucket_owner);
}

Failure as_told(const Call& call, std::string_view bucket, std::string_view key, std::string_view bucket_owner,
                Failure failure) {
  if (failure.code != Code::kNoSuchKey && failure.code != Code::kNoSuchVersion) return failure;
  auto rules = rules_of(call, bucket, bucket_owner);
  if (!rules) return std::move(rules.error());
  RequestContext context(call, bucket, {}, false);
  context.lists(key);
  auto may_list = ask_in(context, call, *rules, iam_action(Endpoint::kListObjects), bucket, {}, bucket_owner);
  return may_list ? std::move(failure) : std::move(may_list.error());
}

}  // namespace objstore::s3
