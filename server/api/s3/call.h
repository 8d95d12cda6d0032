// One request on its way through the front end: what it asks for, who asks, and what the operations need to answer it.
//
// A Call is made by S3Front::begin() and never changes once its operation runs. It is shared by the exchange and by the
// tickets and sinks that end it, which may live on other threads, one at a time.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/wire/http.h"
#include "server/api/handler.h"
#include "server/api/s3/errors.h"
#include "server/api/s3/page_token.h"
#include "server/api/s3/route.h"
#include "server/auth/authenticator.h"
#include "server/auth/authorizer.h"
#include "server/auth/credential_store.h"
#include "server/auth/policy_cache.h"
#include "server/model/catalog.h"

namespace objstore::s3 {

struct FrontOptions {
  std::string region = "us-east-1";
  std::vector<std::string> domains;  // buckets are hosts below these; empty: path style only
  std::string host_id = "objstore";  // x-amz-id-2 of every answer
  // Authenticates the tokens of listings; a listing goes on across a restart when it stays the same. Empty: random.
  std::string token_secret;
};

// What all requests share. Outlives the front end.
struct Services {
  model::Catalog& catalog;
  const auth::CredentialStore& credentials;
  const auth::Authenticator& authenticator;
  const auth::Authorizer& authorizer;
  const Clock& clock;
};

// What is configured about who may use a bucket.
struct BucketRules {
  std::shared_ptr<const auth::PolicyDocument> policy;  // shared with the cache; null: none
  bool restrict_public = false;
};

struct Call {
  const Services& services;
  const FrontOptions& options;
  const PageTokens& tokens;
  auth::PolicyCache& policies;
  BufferPool& reply_buffers;
  std::atomic<int>& delta_slots;  // in use: delta_writer.h
  const wire::RequestHead& head;  // outlives the exchange
  Route route;
  auth::Authenticated auth;
  std::optional<model::BucketInfo> bucket_info;  // of route.bucket, unless it is being created
  BucketRules rules;                             // of that bucket, as they were when the request came in
  bool decided_by_body = false;                  // a policy asks for what the body says: see access.h

  const BucketName& bucket() const { return *route.bucket; }
  const ObjectKey& key() const { return *route.key; }
  model::Catalog& catalog() const { return services.catalog; }
  // The first header of that name.
  std::optional<std::string_view> header(std::string_view name) const { return head.headers.find(name); }
  std::optional<std::string_view> param(std::string_view name) const { return route.params.find(name); }
  bool is_head() const { return head.method == "HEAD"; }
};
using CallPtr = std::shared_ptr<const Call>;

// May the caller do `action` on this bucket and key? AccessDenied.
Outcome<void> authorize(const Call& call, std::string_view action, std::string_view bucket, std::string_view key,
                        std::string_view bucket_owner);

}  // namespace objstore::s3
