#include "server/api/s3/route.h"

#include <algorithm>
#include <array>

#include "common/base/bytes.h"
#include "common/base/check.h"
#include "common/wire/delta.h"
#include "common/wire/uri.h"
#include "server/api/virtual_host.h"

namespace objstore::s3 {
namespace {

struct EndpointFacts {
  std::string_view operation;
  std::string_view action;
};
constexpr std::array kEndpoints = {
#define OBJSTORE_S3_FACTS(name, action) EndpointFacts{#name, action},
    OBJSTORE_S3_ENDPOINTS(OBJSTORE_S3_FACTS)
#undef OBJSTORE_S3_FACTS
};

// Parameters that choose an operation. At most one of them stands in a request, but for partNumber beside uploadId.
constexpr auto kSubresources = std::to_array<std::string_view>({"abac",
                                                                "accelerate",
                                                                "acl",
                                                                "analytics",
                                                                "append",
                                                                "attributes",
                                                                "cors",
                                                                "delete",
                                                                "encryption",
                                                                "intelligent-tiering",
                                                                "inventory",
                                                                "legal-hold",
                                                                "lifecycle",
                                                                "location",
                                                                "logging",
                                                                "metadataConfiguration",
                                                                "metadataInventoryTable",
                                                                "metadataJournalTable",
                                                                "metadataTable",
                                                                "metrics",
                                                                "notification",
                                                                "objstore-delta",
                                                                "objstore-signature",
                                                                "object-lock",
                                                                "ownershipControls",
                                                                "policy",
                                                                "policyStatus",
                                                                "publicAccessBlock",
                                                                "renameObject",
                                                                "replication",
                                                                "requestPayment",
                                                                "restore",
                                                                "retention",
                                                                "select",
                                                                "session",
                                                                "tagging",
                                                                "torrent",
                                                                "uploadId",
                                                                "uploads",
                                                                "versioning",
                                                                "versions",
                                                                "website"});

// Parameters that an operation of ours reads, each at most once.
constexpr auto kArguments = std::to_array<std::string_view>({"bucket-region",
                                                             "continuation-token",
                                                             "delimiter",
                                                             "encoding-type",
                                                             "fetch-owner",
                                                             "key-marker",
                                                             "list-type",
                                                             "marker",
                                                             "max-buckets",
                                                             "max-keys",
                                                             "max-parts",
                                                             "max-uploads",
                                                             "part-number-marker",
                                                             "partNumber",
                                                             "prefix",
                                                             "response-cache-control",
                                                             "response-content-disposition",
                                                             "response-content-encoding",
                                                             "response-content-language",
                                                             "response-content-type",
                                                             "response-expires",
                                                             "start-after",
                                                             "upload-id-marker",
                                                             "version-id-marker",
                                                             "versionId"});

struct BucketConfiguration {
  std::string_view name;
  Endpoint get;
  Endpoint put = Endpoint::kNotImplemented;
  Endpoint remove = Endpoint::kNotImplemented;
};
constexpr auto kBucketConfigurations = std::to_array<BucketConfiguration>({
    {"acl", Endpoint::kGetBucketAcl, Endpoint::kPutBucketAcl},
    {"location", Endpoint::kGetBucketLocation},
    {"versioning", Endpoint::kGetBucketVersioning, Endpoint::kPutBucketVersioning},
    {"requestPayment", Endpoint::kGetBucketRequestPayment},
    {"logging", Endpoint::kGetBucketLogging},
    {"notification", Endpoint::kGetBucketNotification},
    {"accelerate", Endpoint::kGetBucketAccelerate},
    {"policy", Endpoint::kGetBucketPolicy, Endpoint::kPutBucketPolicy, Endpoint::kDeleteBucketPolicy},
    {"policyStatus", Endpoint::kGetBucketPolicyStatus},
    {"cors", Endpoint::kGetBucketCors},
    {"lifecycle", Endpoint::kGetBucketLifecycle},
    {"tagging", Endpoint::kGetBucketTagging, Endpoint::kPutBucketTagging, Endpoint::kDeleteBucketTagging},
    {"website", Endpoint::kGetBucketWebsite},
    {"replication", Endpoint::kGetBucketReplication},
    {"encryption", Endpoint::kGetBucketEncryption},
    {"object-lock", Endpoint::kGetObjectLockConfiguration},
    {"publicAccessBlock", Endpoint::kGetPublicAccessBlock, Endpoint::kPutPublicAccessBlock,
     Endpoint::kDeletePublicAccessBlock},
    {"ownershipControls", Endpoint::kGetBucketOwnershipControls, Endpoint::kPutBucketOwnershipControls,
     Endpoint::kDeleteBucketOwnershipControls},
    {"versions", Endpoint::kListObjectVersions},
    {"uploads", Endpoint::kListMultipartUploads},
});

bool is_one_of(std::string_view name, const auto& list) {
  return std::ranges::find(list, name) != list.end();
}

// The sub-resource that the query names, or empty. A parameter that nobody knows counts as one when it has no value:
// `?foo` asks for something, `?foo=bar` is some client's decoration.
Outcome<std::string> subresource_of(const wire::QueryParams& params) {
  std::string found;
  for (const wire::QueryParam& param : params) {
    if (param.name.starts_with("X-Amz-")) continue;
    const bool known = is_one_of(param.name, kSubresources);
    const bool argument = is_one_of(param.name, kArguments);
    if ((known || argument) && params.count(param.name) > 1)
      return refuse(Code::kInvalidArgument, "A query parameter stands more than once",
                    {{"ArgumentName", param.name}, {"ArgumentValue", param.value}});
    if (!known && (argument || !param.value.empty())) continue;
    if (!found.empty() && found != param.name)
      return refuse(Code::kInvalidArgument, "Conflicting query string parameters: " + found + ", " + param.name,
                    {{"ArgumentName", "ResourceType"}, {"ArgumentValue", found}});
    found = param.name;
  }
  return found;
}

Endpoint root_endpoint(std::string_view method, std::string_view subresource) {
  return method == "GET" && subresource.empty() ? Endpoint::kListBuckets : Endpoint::kNotImplemented;
}

Endpoint plain_listing(const wire::QueryParams& params) {
  return params.find("list-type").value_or("") == "2" ? Endpoint::kListObjectsV2 : Endpoint::kListObjects;
}

Outcome<Endpoint> bucket_endpoint(std::string_view method, std::string_view subresource,
                                  const wire::QueryParams& params) {
  if (subresource.empty()) {
    if (method == "GET") return plain_listing(params);
    if (method == "HEAD") return Endpoint::kHeadBucket;
    if (method == "PUT") return Endpoint::kCreateBucket;
    if (method == "DELETE") return Endpoint::kDeleteBucket;
    if (method == "POST") return Endpoint::kNotImplemented;  // browser forms
    return refuse(Code::kMethodNotAllowed);
  }
  if (method == "POST" && subresource == "delete") return Endpoint::kDeleteObjects;
  const auto it = std::ranges::find(kBucketConfigurations, subresource, &BucketConfiguration::name);
  if (it == kBucketConfigurations.end()) return Endpoint::kNotImplemented;
  if (method == "GET") return it->get;
  if (method == "PUT") return it->put;
  if (method == "DELETE") return it->remove;
  return Endpoint::kNotImplemented;
}

Outcome<Endpoint> upload_endpoint(std::string_view method, const wire::RequestHead& head,
                                  const wire::QueryParams& params) {
  if (method == "PUT") {
    if (!params.contains("partNumber"))
      return refuse(Code::kInvalidArgument, "An upload id comes with a part number",
                    {{"ArgumentName", "partNumber"}, {"ArgumentValue", ""}});
    return head.headers.contains("x-amz-copy-source") ? Endpoint::kUploadPartCopy : Endpoint::kUploadPart;
  }
  if (method == "POST") return Endpoint::kCompleteMultipartUpload;
  if (method == "DELETE") return Endpoint::kAbortMultipartUpload;
  if (method == "GET") return Endpoint::kListParts;
  return refuse(Code::kMethodNotAllowed);
}

Outcome<Endpoint> object_endpoint(std::string_view subresource, const wire::RequestHead& head,
                                  const wire::QueryParams& params) {
  const std::string_view method = head.method;
  if (subresource.empty()) {
    if (method == "GET") return Endpoint::kGetObject;
    if (method == "HEAD") return Endpoint::kHeadObject;
    if (method == "DELETE") return Endpoint::kDeleteObject;
    if (method != "PUT") return refuse(Code::kMethodNotAllowed);
    if (params.contains("partNumber"))
      return refuse(Code::kInvalidArgument, "A part number comes with an upload id",
                    {{"ArgumentName", "uploadId"}, {"ArgumentValue", ""}});
    return head.headers.contains("x-amz-copy-source") ? Endpoint::kCopyObject : Endpoint::kPutObject;
  }
  if (subresource == "uploadId") return upload_endpoint(method, head, params);
  if (method == "POST" && subresource == "uploads") return Endpoint::kCreateMultipartUpload;
  if (method == "POST" && subresource == wire::kSignatureParameter) return Endpoint::kGetObjectSignature;
  if (method == "POST" && subresource == wire::kDeltaParameter) return Endpoint::kPutObjectDelta;
  if (method == "GET" && subresource == "acl") return Endpoint::kGetObjectAcl;
  if (method == "PUT" && subresource == "acl") return Endpoint::kPutObjectAcl;
  if (method == "GET" && subresource == "attributes") return Endpoint::kGetObjectAttributes;
  if (method == "GET" && subresource == "tagging") return Endpoint::kGetObjectTagging;
  if (method == "PUT" && subresource == "tagging") return Endpoint::kPutObjectTagging;
  if (method == "DELETE" && subresource == "tagging") return Endpoint::kDeleteObjectTagging;
  return Endpoint::kNotImplemented;
}

// A NUL or a byte sequence that is not UTF-8 could be cut or replaced by what shows it later: refused, never stored.
bool is_clean(std::string_view decoded) {
  return !decoded.contains('\0') && is_valid_utf8(decoded);
}

Outcome<wire::QueryParams> parse_query(std::string_view query) {
  auto params = wire::QueryParams::parse(query);
  if (!params) return refuse(Code::kInvalidURI);
  for (const wire::QueryParam& param : *params)
    if (!is_clean(param.name) || !is_clean(param.value)) return refuse(Code::kInvalidURI);
  return std::move(*params);
}

struct Names {
  std::string bucket;  // empty: the service itself
  std::string key;     // empty: the bucket itself
};

Outcome<Names> split(const wire::RequestHead& head, const std::vector<std::string>& domains) {
  auto decoded = wire::percent_decode(head.path);
  if (!decoded || !decoded->starts_with('/') || !is_clean(*decoded)) return refuse(Code::kInvalidURI);
  std::string path = decoded->substr(1);
  if (auto bucket = api::virtual_bucket(head.headers.find("host").value_or(""), domains))
    return Names{std::move(*bucket), std::move(path)};
  const std::size_t slash = path.find('/');
  if (slash == std::string::npos) return Names{std::move(path), {}};
  if (slash == 0) return refuse(Code::kInvalidBucketName, {}, {{"BucketName", ""}});
  return Names{path.substr(0, slash), path.substr(slash + 1)};
}

Outcome<void> name_resources(Names names, Route& out) {
  if (names.bucket.empty()) return {};
  auto bucket = BucketName::parse(names.bucket);
  if (!bucket) return refuse(Code::kInvalidBucketName, {}, {{"BucketName", names.bucket}});
  out.bucket = std::move(*bucket);
  if (names.key.empty()) return {};
  auto key = ObjectKey::parse(names.key);
  if (!key) {
    if (key.error().code != Errc::kTooLarge) return refuse(Code::kInvalidURI);
    return refuse(
        Code::kKeyTooLongError, {},
        {{"Size", std::to_string(names.key.size())}, {"MaxSizeAllowed", std::to_string(ObjectKey::kBytesMax)}});
  }
  out.key = std::move(*key);
  return {};
}

bool is_known_method(std::string_view method) {
  return is_one_of(method, std::to_array<std::string_view>({"GET", "HEAD", "PUT", "POST", "DELETE"}));
}

}  // namespace

std::string_view operation_name(Endpoint endpoint) noexcept {
  return kEndpoints[static_cast<std::size_t>(endpoint)].operation;
}

std::string_view iam_action(Endpoint endpoint) noexcept {
  return kEndpoints[static_cast<std::size_t>(endpoint)].action;
}

std::string_view iam_version_action(Endpoint endpoint) noexcept {
  switch (endpoint) {
    case Endpoint::kGetObject:
    case Endpoint::kHeadObject:
    case Endpoint::kGetObjectSignature:
      return "s3:GetObjectVersion";
    case Endpoint::kGetObjectAcl:
      return "s3:GetObjectVersionAcl";
    case Endpoint::kPutObjectAcl:
      return "s3:PutObjectVersionAcl";
    case Endpoint::kGetObjectAttributes:
      return "s3:GetObjectVersionAttributes";
    case Endpoint::kGetObjectTagging:
      return "s3:GetObjectVersionTagging";
    case Endpoint::kPutObjectTagging:
      return "s3:PutObjectVersionTagging";
    case Endpoint::kDeleteObjectTagging:
      return "s3:DeleteObjectVersionTagging";
    case Endpoint::kDeleteObject:
    case Endpoint::kDeleteObjects:
      return "s3:DeleteObjectVersion";
    default:
      return iam_action(endpoint);
  }
}

Outcome<Route> route(const wire::RequestHead& head, const std::vector<std::string>& domains) {
  Route out;
  OBJSTORE_S3_ASSIGN(Names names, split(head, domains));
  OBJSTORE_S3_ASSIGN(out.params, parse_query(head.query));
  OBJSTORE_S3_TRY(name_resources(std::move(names), out));
  if (!is_known_method(head.method)) return refuse(Code::kMethodNotAllowed);
  OBJSTORE_S3_ASSIGN(const std::string subresource, subresource_of(out.params));
  if (!out.bucket) {
    out.endpoint = root_endpoint(head.method, subresource);
  } else if (!out.key) {
    OBJSTORE_S3_ASSIGN(out.endpoint, bucket_endpoint(head.method, subresource, out.params));
  } else {
    OBJSTORE_S3_ASSIGN(out.endpoint, object_endpoint(subresource, head, out.params));
  }
  return out;
}

}  // namespace objstore::s3
