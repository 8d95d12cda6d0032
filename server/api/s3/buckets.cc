#include <algorithm>

#include "common/base/bytes.h"
#include "common/wire/etag.h"
#include "common/wire/time.h"
#include "server/api/s3/access.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/body.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

constexpr std::size_t kBucketsPageMax = 10'000;
// The region whose endpoint is the oldest one, and where a bucket may be created again by its owner.
constexpr std::string_view kFirstRegion = "us-east-1";
// No bucket has this name: the tokens of ListBuckets count for no other listing.
constexpr std::string_view kTokenScope = "/";

Outcome<model::Catalog::BucketQuery> bucket_query(const Call& call) {
  model::Catalog::BucketQuery query;
  query.owner_account = call.auth.principal.account_id;
  query.prefix = call.param("prefix").value_or("");
  const std::string_view size = call.param("max-buckets").value_or("");
  if (!size.empty()) {
    const auto value = parse_u64(size);
    if (!value || *value < 1 || *value > kBucketsPageMax)
      return invalid_argument("max-buckets must be between 1 and 10000", "max-buckets", size);
    query.max_buckets = static_cast<std::size_t>(*value);
  }
  if (const auto token = call.param("continuation-token"); token && !token->empty()) {
    auto after = call.tokens.unseal(kTokenScope, *token);
    if (!after) return invalid_argument("The continuation token provided is incorrect", "continuation-token", *token);
    query.after = std::move(*after);
  }
  return query;
}

std::string bucket_list(const Call& call, const model::Catalog::BucketQuery& query,
                        const model::Catalog::BucketPage& page) {
  wire::XmlWriter xml("ListAllMyBucketsResult", wire::kS3Namespace);
  add_owner(xml, "Owner", call, query.owner_account);
  xml.open("Buckets");
  for (const model::BucketInfo& bucket : page.buckets) {
    xml.open("Bucket");
    xml.element("Name", bucket.name);
    xml.element("CreationDate", wire::format_iso8601(bucket.created_ms));
    xml.element("BucketRegion", bucket.region);
    xml.close();
  }
  xml.close();
  add_if_given(xml, "Prefix", query.prefix);
  if (page.truncated && !page.buckets.empty())
    xml.element("ContinuationToken", call.tokens.seal(kTokenScope, page.buckets.back().name));
  return std::move(xml).finish();
}

Outcome<model::EtagKind> read_etag_kind(const Call& call) {
  const std::string_view kind = call.header(wire::kEtagKindHeader).value_or(wire::kEtagKindMd5);
  if (kind == wire::kEtagKindMd5) return model::EtagKind::kMd5;
  if (kind == wire::kEtagKindOpaque) return model::EtagKind::kOpaque;
  return invalid_argument("x-objstore-etag must be md5 or opaque", wire::kEtagKindHeader, kind);
}

// The location that the document asks for; empty when it asks for none.
Outcome<std::string> read_location(const std::string& document) {
  if (document.empty()) return std::string();
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root,
                     parse_document(document, "CreateBucketConfiguration", kDocumentBytesMax));
  for (const wire::XmlElement& child : root.children)
    if (child.name == "Bucket" || child.name == "Location" || child.name == "Tags")
      return refuse(Code::kNotImplemented, "CreateBucketConfiguration: " + child.name + " is not implemented");
  return std::string(trim(root.child_text("LocationConstraint")));
}

Outcome<void> check_location(const Call& call, const std::string& location) {
  if (location.empty() || location == call.options.region) return {};
  return refuse(Code::kIllegalLocationConstraintException,
                "The " + location +
                    " location constraint is incompatible for the region specific endpoint this request was sent to.",
                {{"LocationConstraint", location}});
}

Outcome<api::Reply> bucket_created(const Call& call, const Result<Done>& created) {
  const bool again = !created && created.error().code == Errc::kBucketOwnedByYou && call.options.region == kFirstRegion;
  if (!created && !again) {
    Failure failure = to_failure(created.error());
    failure.message.clear();
    failure.fields.emplace_back("BucketName", call.bucket().str());
    return std::unexpected(std::move(failure));
  }
  api::Reply reply = empty_reply(call, 200);
  reply.headers.add("Location", "/" + call.bucket().str());
  return reply;
}

Outcome<Ticket<api::Reply>> create_as_asked(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const std::string location, read_location(document));
  OBJSTORE_S3_TRY(admit_body(*call, {.tags = nullptr, .location = location}));
  OBJSTORE_S3_TRY(check_location(*call, location));
  model::BucketOptions options;
  OBJSTORE_S3_ASSIGN(options.etag, read_etag_kind(*call));
  if (call->header("x-amz-object-ownership"))
    options.documents.emplace(model::BucketDocument::kOwnershipControls, ownership_document());
  return answer_result(call,
                       call->catalog().create_bucket(call->bucket(), call->auth.principal.account_id,
                                                     call->options.region, std::move(options)),
                       bucket_created);
}

}  // namespace

Answer list_buckets(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const model::Catalog::BucketQuery query, bucket_query(*call));
  model::Catalog::BucketPage page;
  const std::string_view region = call->param("bucket-region").value_or("");
  if (region.empty() || region == call->options.region) {
    OBJSTORE_S3_ASSIGN(page, outcome(call->catalog().list_buckets(query)));
  }
  return Ticket<api::Reply>(xml_reply(*call, 200, bucket_list(*call, query, page)));
}

Answer create_bucket(CallPtr call) {
  return read_document(std::move(call), kDocumentBytesMax, create_as_asked);
}

Answer head_bucket(CallPtr call) {
  api::Reply reply = empty_reply(*call, 200);
  reply.headers.add("x-amz-bucket-region", call->bucket_info->region);
  reply.headers.add("x-amz-access-point-alias", "false");
  if (call->bucket_info->etag == model::EtagKind::kOpaque)
    reply.headers.add(wire::kEtagKindHeader, wire::kEtagKindOpaque);
  return Ticket<api::Reply>(std::move(reply));
}

Answer delete_bucket(CallPtr call) {
  Ticket<Done> done = call->catalog().delete_bucket(call->bucket());
  return answer_result(std::move(call), std::move(done), [](const Call& c, Result<Done> r) -> Outcome<api::Reply> {
    if (r) return empty_reply(c, 204);
    Failure failure = to_failure(r.error());
    failure.message.clear();
    failure.fields.emplace_back("BucketName", c.bucket().str());
    return std::unexpected(std::move(failure));
  });
}

}  // namespace objstore::s3
