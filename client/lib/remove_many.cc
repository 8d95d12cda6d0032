#include "client/lib/remove_many.h"

#include <algorithm>
#include <utility>

#include "client/lib/s3_documents.h"
#include "common/base/digest.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

Result<std::vector<RemoveFailure>> remove_batch(const S3Caller& caller, const BucketName& bucket,
                                                std::span<const ObjectKey> keys, const std::stop_token& stop) {
  const std::string document = write_remove_many(keys);
  const MemoryBody body(as_bytes(document));
  S3Request request{.method = "POST",
                    .bucket = bucket.str(),
                    .query = wire::QueryBuilder().add("delete", "").str(),
                    .body = &body,
                    .body_sha256 = to_hex(sha256(as_bytes(document))),
                    .stop = stop};
  request.headers.set("Content-Type", "application/xml");
  // S3 insists on a digest for this request; MD5 is the one that every server knows.
  request.headers.set("Content-MD5", to_base64(md5(as_bytes(document))));
  auto response = caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return read_remove_failures(response->body);
}

}  // namespace

Status remove_object(const S3Caller& caller, const ObjectName& object, const std::stop_token& stop) {
  const S3Request request{.method = "DELETE", .bucket = object.bucket.str(), .key = object.key.str(), .stop = stop};
  auto response = caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return {};
}

Result<std::vector<RemoveFailure>> remove_objects(const S3Caller& caller, const BucketName& bucket,
                                                  std::span<const ObjectKey> keys, const std::stop_token& stop) {
  std::vector<RemoveFailure> failures;
  std::vector<ObjectKey> nameable;
  for (const auto& key : keys) {
    if (fits_in_xml(key.str())) {
      nameable.push_back(key);
      continue;
    }
    auto removed = remove_object(caller, {bucket, key}, stop);
    if (!removed) failures.push_back({key, std::move(removed.error())});
  }
  for (std::size_t first = 0; first < nameable.size(); first += kRemoveKeysMax) {
    const auto batch = std::span(nameable).subspan(first, std::min(kRemoveKeysMax, nameable.size() - first));
    OBJSTORE_ASSIGN(auto failed, remove_batch(caller, bucket, batch, stop));
    std::ranges::move(failed, std::back_inserter(failures));
  }
  return failures;
}

}  // namespace objstore::client
