#include <objstore/client.h>

#include <algorithm>
#include <array>
#include <utility>

#include "client/lib/client_impl.h"
#include "client/lib/copy.h"
#include "client/lib/delta.h"
#include "client/lib/download.h"
#include "client/lib/list_pager.h"
#include "client/lib/object_info.h"
#include "client/lib/part_plan.h"
#include "client/lib/remove_many.h"
#include "client/lib/s3_documents.h"
#include "common/base/digest.h"
#include "common/wire/etag.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

constexpr unsigned kParallelismMax = 64;
constexpr unsigned kAttemptsMax = 100;
constexpr std::size_t kBucketPagesMax = 10'000;

Status check_options(const ClientOptions& options) {
  const auto bad = [](const char* what) { return fail(Errc::kInvalidArgument, what); };
  using std::chrono::milliseconds;
  if (options.parallelism < 1 || options.parallelism > kParallelismMax)
    return bad("parallelism is not within 1 and 64");
  if (options.attempts_max < 1 || options.attempts_max > kAttemptsMax)
    return bad("attempts_max is not within 1 and 100");
  if (options.part_size != 0 && (options.part_size < kPartBytesMin || options.part_size > kPartBytesMax)) {
    return bad("the part size is not within 5 MiB and 5 GiB");
  }
  if (options.multipart_threshold > kPartBytesMax) return bad("the multipart threshold is above 5 GiB");
  if (options.multipart_threshold == 0) return bad("the multipart threshold is 0: an empty body has no part");
  if (options.connect_timeout < milliseconds(1) || options.io_timeout < milliseconds(1)) {
    return bad("a time-out is not positive");
  }
  if (options.region.empty()) return bad("the region is empty");
  if (options.credentials && (options.credentials->access_key.empty() || options.credentials->secret_key.empty())) {
    return bad("the credentials have no access key or no secret key");
  }
  return {};
}

}  // namespace

Client::Impl::Impl(ClientOptions o, Endpoint endpoint, std::optional<TlsContext> tls)
    : options(std::move(o)),
      rate(options.rate_limit),
      transport(std::move(tls), std::max(2 * options.parallelism, options.connections_max)),
      caller({.endpoint = std::move(endpoint),
              .region = options.region,
              .credentials = options.credentials,
              .addressing = options.addressing,
              .connect_timeout = options.connect_timeout,
              .io_timeout = options.io_timeout,
              .attempts_max = options.attempts_max,
              .user_agent = "objstore/" OBJSTORE_VERSION,
              .rate = &rate},
             transport, clock, sleep_or_stop) {}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

Result<Client> Client::create(ClientOptions options) {
  OBJSTORE_TRY(check_options(options));
  OBJSTORE_ASSIGN(Endpoint endpoint, Endpoint::parse(options.endpoint));
  std::optional<TlsContext> tls;
  if (endpoint.secure) {
    OBJSTORE_ASSIGN(tls, TlsContext::create(options.ca_bundle, options.verify_tls));
  }
  return Client(std::make_unique<Impl>(std::move(options), std::move(endpoint), std::move(tls)));
}

Status Client::create_bucket(const BucketName& bucket, const BucketOptions& options) {
  // In us-east-1 S3 answers 200 to the owner who makes a bucket again; only asking first tells the two apart.
  const auto found = impl_->caller.open({.method = "HEAD", .bucket = bucket.str()});
  if (found) return fail(Errc::kBucketOwnedByYou, "the bucket " + bucket.str() + " exists already");
  constexpr int kNoAnswer = 0;
  if (found.error().status == kNoAnswer) return std::unexpected<Error>(found.error());
  const std::string& region = impl_->options.region;
  const std::string document = region == "us-east-1" ? std::string() : write_location(region);
  const MemoryBody body(as_bytes(document));
  S3Request request{
      .method = "PUT", .bucket = bucket.str(), .body = &body, .body_sha256 = to_hex(sha256(as_bytes(document)))};
  if (options.opaque_etags) request.headers.add(wire::kEtagKindHeader, wire::kEtagKindOpaque);
  auto response = impl_->caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return {};
}

Status Client::delete_bucket(const BucketName& bucket) {
  auto response = impl_->caller.call({.method = "DELETE", .bucket = bucket.str()});
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return {};
}

Result<std::vector<BucketInfo>> Client::list_buckets() {
  std::vector<BucketInfo> out;
  std::string continuation;
  for (std::size_t page = 0; page < kBucketPagesMax; ++page) {
    S3Request request;
    if (!continuation.empty()) request.query = wire::QueryBuilder().add("continuation-token", continuation).str();
    auto response = impl_->caller.call(request);
    if (!response) return std::unexpected<Error>(std::move(response.error()));
    OBJSTORE_ASSIGN(BucketPage found, read_buckets(response->body));
    std::ranges::move(found.buckets, std::back_inserter(out));
    if (found.continuation.empty()) return out;
    continuation = std::move(found.continuation);
  }
  return fail(Errc::kMalformed, "the server's list of buckets does not end");
}

Result<PutResult> Client::put_bytes(const ObjectName& to, std::span<const std::byte> body, const PutOptions& options) {
  return upload_body(impl_->upload(), to, MemoryBody(body), options, {});
}

Result<PutResult> Client::put_file(const ObjectName& to, const std::string& path, const PutOptions& options) {
  return upload_file(impl_->upload(), to, path, options);
}

Result<PutResult> Client::put_stream(const ObjectName& to, const ReadCallback& read, const PutOptions& options) {
  return upload_stream(impl_->upload(), to, read, options);
}

Result<DeltaPutResult> Client::put_file_delta(const ObjectName& to, const std::string& path, const ObjectName& base,
                                              const PutOptions& options) {
  return client::put_file_delta(impl_->upload(), to, path, base, options);
}

Result<DeltaGetResult> Client::get_file_delta(const ObjectName& from, const std::string& path,
                                              const std::string& old_copy, const GetOptions& options) {
  return client::get_file_delta(impl_->downloads(), from, path, old_copy, options);
}

Result<ObjectInfo> Client::get(const ObjectName& from, const WriteCallback& write, const GetOptions& options) {
  return download(impl_->caller, from, write, options);
}

Result<ObjectInfo> Client::get_file(const ObjectName& from, const std::string& path, const GetOptions& options) {
  return download_file(impl_->downloads(), from, path, options);
}

Result<ObjectInfo> Client::head(const ObjectName& object, const GetOptions& options) {
  return head_object(impl_->caller, object, options);
}

ListPager Client::list(const BucketName& bucket, ListOptions options) {
  constexpr std::uint32_t kPageSizeMax = 1000;
  options.page_size = std::clamp(options.page_size, std::uint32_t{1}, kPageSizeMax);
  return ListPager(std::make_unique<ListPager::Impl>(impl_->caller, bucket.str(), std::move(options)));
}

Status Client::remove(const ObjectName& object) {
  return remove_object(impl_->caller, object, {});
}

Result<std::vector<RemoveFailure>> Client::remove_many(const BucketName& bucket, std::span<const ObjectKey> keys,
                                                       std::stop_token stop) {
  return remove_objects(impl_->caller, bucket, keys, stop);
}

Result<PutResult> Client::copy(const ObjectName& from, const ObjectName& to, const CopyOptions& options) {
  return copy_object(impl_->upload(), from, to, options);
}

Result<std::string> Client::presign(const ObjectName& object, const PresignOptions& options) const {
  constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "PUT", "DELETE"};
  if (std::ranges::find(kMethods, options.method) == kMethods.end()) {
    return fail(Errc::kInvalidArgument, "only GET, HEAD, PUT and DELETE can be signed into a URL");
  }
  return impl_->caller.presign(options.method, object, options.expires_seconds);
}

}  // namespace objstore::client
