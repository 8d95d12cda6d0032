#include "client/lib/copy.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "client/lib/manage_documents.h"
#include "client/lib/object_info.h"
#include "client/lib/part_plan.h"
#include "client/lib/s3_documents.h"
#include "common/base/digest.h"
#include "common/wire/uri.h"

namespace objstore::client {
namespace {

// Copied parts cost the server little or nothing, whatever their size; a smaller one only means that progress shows.
constexpr std::uint64_t kCopyPartBytes = std::uint64_t{1} << 30;

std::string copy_source(const ObjectName& from) {
  return "/" + from.bucket.str() + "/" + wire::percent_encode(from.key.str(), wire::Slash::kKeep);
}

PutOptions as_put_options(const ObjectInfo& info) {
  return {.content_type = info.content_type,
          .cache_control = info.cache_control,
          .content_encoding = info.content_encoding,
          .content_disposition = info.content_disposition,
          .metadata = info.metadata};
}

// The conditions on the destination go with either form; a replaced source is told from them by its own header.
Error explain_copy(S3Failure failure) {
  if (failure.code == Errc::kPreconditionFailed) {
    failure.message = "the source was replaced, or the destination's condition does not hold: " + failure.message;
  }
  return failure;
}

class Copy {
 public:
  Copy(const UploadContext& context, const ObjectName& from, const ObjectName& to, const CopyOptions& options,
       ObjectInfo source)
      : context_(context), from_(from), to_(to), options_(options), source_(std::move(source)) {}
  Result<PutResult> in_one();
  Result<PutResult> in_parts();

 private:
  S3Request request(std::string method, std::string query) const;
  Result<std::map<std::string, std::string>> source_tags() const;
  Result<std::string> begin() const;
  Result<CompletedPart> copy_part(const std::string& id, std::uint64_t number, std::uint64_t first,
                                  std::uint64_t size) const;
  Result<PutResult> parts_of(const std::string& id) const;
  Result<PutResult> publish(const std::string& id, const std::vector<CompletedPart>& parts) const;
  void add_source(S3Request& request) const;
  void report(std::uint64_t done) const {
    if (options_.control.progress) options_.control.progress(done, source_.size);
  }

  const UploadContext& context_;
  const ObjectName& from_;
  const ObjectName& to_;
  const CopyOptions& options_;
  const ObjectInfo source_;
};

S3Request Copy::request(std::string method, std::string query) const {
  return {.method = std::move(method),
          .bucket = to_.bucket.str(),
          .key = to_.key.str(),
          .query = std::move(query),
          .stop = options_.control.stop};
}

void Copy::add_source(S3Request& request) const {
  std::string source = copy_source(from_);
  if (!options_.from_version.empty()) {
    source += "?" + wire::QueryBuilder().add("versionId", options_.from_version).str();
  }
  request.headers.set("x-amz-copy-source", source);
  request.headers.set("x-amz-copy-source-if-match", source_.etag);
}

Result<PutResult> Copy::in_one() {
  S3Request copy = request("PUT", {});
  if (options_.replace) {
    copy.headers = object_headers(*options_.replace);
    copy.headers.set("x-amz-metadata-directive", "REPLACE");
    if (!options_.replace->tags.empty()) copy.headers.set("x-amz-tagging-directive", "REPLACE");
    add_write_conditions(*options_.replace, copy.headers);
  }
  add_source(copy);
  auto response = context_.caller.call(copy);
  if (!response) return std::unexpected(explain_copy(std::move(response.error())));
  OBJSTORE_ASSIGN(StoredResult stored, read_stored_result(response->body));
  report(source_.size);
  PutResult result{.size = source_.size, .etag = std::move(stored.etag)};
  if (stored.algorithm) result.checksum = checksum_text(*stored.algorithm, stored.checksum);
  return result;
}

// None where the server knows no tags. Another refusal is the copy's: one that loses tags is none.
Result<std::map<std::string, std::string>> Copy::source_tags() const {
  wire::QueryBuilder query;
  query.add("tagging", "");
  if (!options_.from_version.empty()) query.add("versionId", options_.from_version);
  const S3Request request{
      .bucket = from_.bucket.str(), .key = from_.key.str(), .query = query.str(), .stop = options_.control.stop};
  auto response = context_.caller.call(request);
  if (response) return read_tags(response->body);
  if (response.error().code == Errc::kUnsupported) return std::map<std::string, std::string>{};
  response.error().message = "cannot read the source's tags: " + response.error().message;
  return std::unexpected<Error>(std::move(response.error()));
}

Result<std::string> Copy::begin() const {
  S3Request create = request("POST", wire::QueryBuilder().add("uploads", "").str());
  PutOptions put = options_.replace ? *options_.replace : as_put_options(source_);
  // A copy in one request keeps them by itself, unless it is given others.
  if (put.tags.empty()) {
    OBJSTORE_ASSIGN(put.tags, source_tags());
  }
  create.headers = object_headers(put);
  auto response = context_.caller.call(create);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return read_upload_id(response->body);
}

Result<CompletedPart> Copy::copy_part(const std::string& id, std::uint64_t number, std::uint64_t first,
                                      std::uint64_t size) const {
  const auto query = wire::QueryBuilder().add("partNumber", std::to_string(number)).add("uploadId", id);
  S3Request part = request("PUT", query.str());
  add_source(part);
  part.headers.set("x-amz-copy-source-range",
                   "bytes=" + std::to_string(first) + "-" + std::to_string(first + size - 1));
  auto response = context_.caller.call(part);
  if (!response) return std::unexpected(explain_copy(std::move(response.error())));
  OBJSTORE_ASSIGN(StoredResult stored, read_stored_result(response->body));
  return CompletedPart{.number = number,
                       .etag = std::move(stored.etag),
                       .algorithm = stored.algorithm,
                       .checksum = std::move(stored.checksum)};
}

Result<PutResult> Copy::publish(const std::string& id, const std::vector<CompletedPart>& parts) const {
  const std::string document = write_complete(parts);
  const MemoryBody body(as_bytes(document));
  S3Request complete = request("POST", wire::QueryBuilder().add("uploadId", id).str());
  complete.body = &body;
  complete.body_sha256 = to_hex(sha256(as_bytes(document)));
  complete.headers.set("Content-Type", "application/xml");
  if (options_.replace) add_write_conditions(*options_.replace, complete.headers);
  auto response = context_.caller.call(complete);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  OBJSTORE_ASSIGN(StoredResult stored, read_stored_result(response->body));
  PutResult result{.size = source_.size, .etag = std::move(stored.etag)};
  if (stored.algorithm) result.checksum = checksum_text(*stored.algorithm, stored.checksum);
  return result;
}

Result<PutResult> Copy::parts_of(const std::string& id) const {
  OBJSTORE_ASSIGN(const std::uint64_t part_size, part_size_for(source_.size, kCopyPartBytes));
  std::vector<CompletedPart> parts;
  for (std::uint64_t first = 0; first < source_.size; first += part_size) {
    const std::uint64_t size = std::min(part_size, source_.size - first);
    OBJSTORE_ASSIGN(CompletedPart part, copy_part(id, parts.size() + 1, first, size));
    parts.push_back(std::move(part));
    report(first + size);
  }
  return publish(id, parts);
}

Result<PutResult> Copy::in_parts() {
  OBJSTORE_ASSIGN(const std::string id, begin());
  auto result = parts_of(id);
  if (result) return result;
  S3Request abort = request("DELETE", wire::QueryBuilder().add("uploadId", id).str());
  abort.stop = {};  // the caller's stop may be why we are here
  (void)context_.caller.call(abort);
  return result;
}

}  // namespace

Result<PutResult> copy_object(const UploadContext& context, const ObjectName& from, const ObjectName& to,
                              const CopyOptions& options) {
  const GetOptions head_options{.version_id = options.from_version, .control = {.stop = options.control.stop}};
  OBJSTORE_ASSIGN(ObjectInfo source, head_object(context.caller, from, head_options));
  const bool small = source.size <= kSingleCopyBytesMax;
  Copy copy(context, from, to, options, std::move(source));
  return small ? copy.in_one() : copy.in_parts();
}

}  // namespace objstore::client
