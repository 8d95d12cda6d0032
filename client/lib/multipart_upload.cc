#include "client/lib/multipart_upload.h"

#include <algorithm>
#include <utility>

#include "client/lib/manage_documents.h"
#include "client/lib/part_plan.h"
#include "common/base/digest.h"
#include "common/wire/uri.h"

namespace objstore::client {

MultipartUpload::MultipartUpload(const UploadContext& context, const ObjectName& to, const PutOptions& options,
                                 Meter& meter)
    : context_(context), to_(to), options_(options), meter_(meter), stop_with_caller_(options.control.stop, [this] {
        stop_.request_stop();
      }) {}

MultipartUpload::~MultipartUpload() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    if (!completed_) queue_.clear();
  }
  if (!completed_) stop_.request_stop();
  changed_.notify_all();
  workers_.clear();
  if (!completed_ && !upload_id_.empty() && !kept()) abort();
}

bool MultipartUpload::kept() const {
  return keep_ && !completed_ && (!error_ || is_interruption(error_->code));
}

bool is_interruption(Errc code) noexcept {
  return code == Errc::kCancelled || code == Errc::kUnreachable || code == Errc::kTimeout || code == Errc::kUnavailable;
}

S3Result<std::string> MultipartUpload::create(wire::ChecksumAlgorithm algorithm) {
  S3Request request{.method = "POST",
                    .bucket = to_.bucket.str(),
                    .key = to_.key.str(),
                    .query = wire::QueryBuilder().add("uploads", "").str(),
                    .headers = object_headers(options_),
                    .stop = options_.control.stop};
  request.headers.set("x-amz-checksum-algorithm", wire::checksum_name(algorithm));
  // Of CRC32 servers that refuse CRC64NVME know only the composed form; then the parts alone are checked.
  if (algorithm == wire::ChecksumAlgorithm::kCrc64Nvme) request.headers.set("x-amz-checksum-type", "FULL_OBJECT");
  auto response = context_.caller.call(request);
  if (!response) return std::unexpected(std::move(response.error()));
  OBJSTORE_ASSIGN(std::string id, read_upload_id(response->body));
  return id;
}

Status MultipartUpload::begin() {
  algorithm_ = context_.algorithm.load();
  auto id = create(algorithm_);
  if (!id && algorithm_ != wire::ChecksumAlgorithm::kCrc32 && refuses_checksum(id.error())) {
    algorithm_ = wire::ChecksumAlgorithm::kCrc32;
    context_.algorithm = algorithm_;
    id = create(algorithm_);
  }
  if (!id) return std::unexpected<Error>(std::move(id.error()));
  upload_id_ = std::move(*id);
  return {};
}

Status MultipartUpload::adopt(const std::string& upload_id, wire::ChecksumAlgorithm algorithm) {
  OBJSTORE_ASSIGN(auto parts, list_all_parts(context_.caller, to_, upload_id, options_.control.stop));
  for (auto& part : parts) present_[part.number] = std::move(part);
  upload_id_ = upload_id;
  algorithm_ = algorithm;
  return {};
}

Status MultipartUpload::add(std::unique_ptr<Body> part) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return error_ || active_ < context_.options.parallelism; });
  if (error_) return std::unexpected(*error_);
  if (added_ >= kPartsMax) return fail(Errc::kTooLarge, "more than 10,000 parts: use larger ones");
  ++active_;
  queue_.push_back({++added_, std::move(part)});
  sent_.resize(added_);
  if (workers_.size() < std::min<std::size_t>(active_, context_.options.parallelism)) {
    workers_.emplace_back([this] { work(); });
  }
  lock.unlock();
  changed_.notify_all();
  return {};
}

void MultipartUpload::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    const bool skip = error_.has_value();
    lock.unlock();
    auto sent = skip ? fail(Errc::kCancelled, "stopped") : send(job);
    const std::uint64_t number = job.number;
    job.body.reset();  // its memory is what the next part needs
    lock.lock();
    --active_;
    if (sent) {
      if (sent->was_there) resumed_ += sent->size;
      sent_[number - 1] = std::move(*sent);
    } else if (!error_) {
      error_ = std::move(sent.error());
      stop_.request_stop();
    }
    changed_.notify_all();
  }
}

Result<MultipartUpload::Sent> MultipartUpload::send(const Job& job) {
  const auto stop = stop_.get_token();
  OBJSTORE_ASSIGN(BodyDigest digest, digest_body(*job.body, algorithm_, context_.caller.signs_bodies(), stop));
  Meter::Part part(meter_);
  OBJSTORE_ASSIGN(std::string known, present(job, digest));
  if (!known.empty()) {
    part.set(job.body->size());
    return Sent{
        .etag = std::move(known), .checksum = std::move(digest.checksum), .size = job.body->size(), .was_there = true};
  }
  S3Request request{
      .method = "PUT",
      .bucket = to_.bucket.str(),
      .key = to_.key.str(),
      .query = wire::QueryBuilder().add("partNumber", std::to_string(job.number)).add("uploadId", upload_id_).str(),
      .headers = {},
      .body = job.body.get(),
      .body_sha256 = digest.sha256,
      .on_sent = [&](std::uint64_t bytes) { part.set(bytes); },
      .stop = stop};
  request.headers.set(wire::checksum_header(algorithm_), to_base64(as_bytes(digest.checksum)));
  auto response = context_.caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  const auto etag = response->headers.find("etag");
  if (!etag) return fail(Errc::kMalformed, "the server gave no ETag for a part");
  return Sent{.etag = std::string(*etag), .checksum = std::move(digest.checksum), .size = job.body->size()};
}

// A server that keeps no checksums of parts gives their MD5 as ETag; where it gives neither, nothing says that the part
// is the same, and it is sent.
Result<std::string> MultipartUpload::present(const Job& job, const BodyDigest& digest) const {
  const auto found = present_.find(job.number);
  if (found == present_.end() || found->second.size != job.body->size()) return std::string();
  const PartEntry& part = found->second;
  if (!part.checksum.empty()) {
    const bool same = part.checksum == checksum_text(algorithm_, to_base64(as_bytes(digest.checksum)));
    return same ? part.etag : std::string();
  }
  OBJSTORE_ASSIGN(const BodyDigest md5,
                  digest_body(*job.body, wire::ChecksumAlgorithm::kMd5, false, stop_.get_token()));
  const bool same = part.etag == "\"" + to_hex(as_bytes(md5.checksum)) + "\"";
  return same ? part.etag : std::string();
}

Status MultipartUpload::wait_for_parts() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return active_ == 0; });
  if (error_) return std::unexpected(*error_);
  return {};
}

Result<PutResult> MultipartUpload::complete(const std::function<Status()>& check) {
  OBJSTORE_TRY(wait_for_parts());
  if (const Status sound = check ? check() : Status{}; !sound) {
    const std::lock_guard lock(mutex_);
    error_ = sound.error();
    return std::unexpected(sound.error());
  }
  auto result = publish();
  completed_ = result.has_value();
  const std::lock_guard lock(mutex_);
  if (result) {
    result->resumed = resumed_;
  } else {
    error_ = result.error();
  }
  return result;
}

Result<PutResult> MultipartUpload::publish() {
  std::vector<CompletedPart> parts;
  std::vector<wire::PartChecksum> checksums;
  for (std::size_t i = 0; i < sent_.size(); ++i) {
    parts.push_back({.number = i + 1,
                     .etag = sent_[i].etag,
                     .algorithm = algorithm_,
                     .checksum = to_base64(as_bytes(sent_[i].checksum))});
    checksums.push_back({.raw = sent_[i].checksum, .length = sent_[i].size});
  }
  OBJSTORE_ASSIGN(const std::string whole, wire::combine_checksums(algorithm_, checksums));
  const std::string checksum = to_base64(as_bytes(whole));
  const std::string document = write_complete(parts);
  const MemoryBody body(as_bytes(document));
  S3Request request{.method = "POST",
                    .bucket = to_.bucket.str(),
                    .key = to_.key.str(),
                    .query = wire::QueryBuilder().add("uploadId", upload_id_).str(),
                    .headers = {},
                    .body = &body,
                    .body_sha256 = to_hex(objstore::sha256(as_bytes(document))),
                    .on_sent = {},
                    .stop = options_.control.stop};
  request.headers.set("Content-Type", "application/xml");
  add_write_conditions(options_, request.headers);
  if (algorithm_ == wire::ChecksumAlgorithm::kCrc64Nvme) {
    request.headers.set(wire::checksum_header(algorithm_), checksum);
    request.headers.set("x-amz-checksum-type", "FULL_OBJECT");
  }
  auto response = context_.caller.call(request);
  if (!response) return std::unexpected<Error>(std::move(response.error()));
  return confirm(response->body, checksum);
}

Result<PutResult> MultipartUpload::confirm(const std::string& document, const std::string& checksum) const {
  OBJSTORE_ASSIGN(StoredResult stored, read_stored_result(document));
  PutResult result{.size = 0, .etag = std::move(stored.etag), .checksum = {}};
  for (const auto& part : sent_) result.size += part.size;
  const bool whole = stored.algorithm == algorithm_ && !stored.checksum.contains('-');
  if (whole && stored.checksum != checksum) {
    return fail(Errc::kDigestMismatch,
                "the server stored other bytes than were sent (" + stored.checksum + " instead of " + checksum + ")");
  }
  if (whole) result.checksum = checksum_text(algorithm_, checksum);
  return result;
}

// Best effort, and with a stop of nobody: this is what is left to do after the caller's stop. If it fails too, the
// server's expiry of uploads takes the parts.
void MultipartUpload::abort() noexcept {
  const S3Request request{.method = "DELETE",
                          .bucket = to_.bucket.str(),
                          .key = to_.key.str(),
                          .query = wire::QueryBuilder().add("uploadId", upload_id_).str()};
  (void)context_.caller.call(request);
}

}  // namespace objstore::client
