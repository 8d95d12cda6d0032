// objd's own requests for delta transfers (docs/delta.md): the signature of an object, and an object made out of
// another one. Who asks for either must be allowed to read the object that it is about, and learns nothing of any
// other.
#include "common/wire/delta.h"

#include "common/base/bytes.h"
#include "common/wire/etag.h"
#include "server/api/s3/access.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/copy_source.h"
#include "server/api/s3/delta_writer.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/signature_source.h"
#include "server/api/s3/upload_sink.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

Outcome<std::uint64_t> object_size(const Call& call) {
  const auto text = call.header(wire::kObjectSizeHeader).value_or("");
  const auto size = parse_u64(text);
  if (!size) return invalid_argument("The size of the object has to be stated", wire::kObjectSizeHeader, text);
  if (*size > model::kSinglePutBytesMax)
    return refuse(Code::kEntityTooLarge, {},
                  {{"ProposedSize", std::string(text)}, {"MaxSizeAllowed", std::to_string(model::kSinglePutBytesMax)}});
  return *size;
}

// The object that a delta copies from, under the rules of a copy's source.
Outcome<DeltaBase> open_base(const Call& call) {
  OBJSTORE_S3_ASSIGN(const SourceName name, parse_copy_source(call.header("x-amz-copy-source").value_or("")));
  auto bucket = call.catalog().get_bucket(name.bucket);
  const std::string_view action =
      name.version ? iam_version_action(Endpoint::kGetObject) : iam_action(Endpoint::kGetObject);
  OBJSTORE_S3_TRY(authorize(call, action, name.bucket.str(), name.key.str(), bucket ? bucket->owner_account : ""));
  if (!bucket) return std::unexpected(to_failure(bucket.error()));
  auto opened = call.catalog().open_object(name.bucket, name.key, name.version);
  if (!opened)
    return std::unexpected(
        as_told(call, name.bucket.str(), name.key.str(), bucket->owner_account, to_failure(opened.error())));
  const auto conditions = ReadConditions::of_copy_source(call.head.headers, call.services.clock.now_ms());
  if (conditions.judge((*opened)->info()) != Verdict::kPass)
    return refuse(Code::kPreconditionFailed, {}, {{"Condition", "x-amz-copy-source-If-Match"}});
  const model::ObjectInfo& info = (*opened)->info();
  return DeltaBase{
      .open = [&catalog = call.catalog(), name] { return catalog.open_object(name.bucket, name.key, name.version); },
      .size = info.size,
      .generation = info.generation};
}

Outcome<model::StoredChecksum> stated_checksum(const Call& call) {
  OBJSTORE_S3_ASSIGN(auto stated, read_object_checksum(call.head.headers));
  if (!stated || stated->composite)
    return refuse(Code::kInvalidRequest, "A delta states the checksum of the object that it makes (x-amz-checksum-*)");
  return std::move(*stated);
}

Outcome<api::Reply> object_made(const Call& call, const Result<model::ObjectInfo>& stored) {
  if (!stored) return std::unexpected(write_failure(call.head.headers, stored.error()));
  api::Reply reply = empty_reply(call, 200);
  reply.headers.add("ETag", wire::quote_etag(stored->etag));
  add_version_header(call, reply.headers, *stored);
  if (stored->checksum) add_checksum_headers(reply.headers, *stored->checksum);
  return reply;
}

}  // namespace

Answer get_object_signature(const CallPtr& call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  auto opened = call->catalog().open_object(call->bucket(), call->key(), version);
  if (!opened) return std::unexpected(unreadable(*call, version, opened.error()));
  model::OpenObject& object = **opened;
  const auto conditions = ReadConditions::of_request(call->head.headers, call->services.clock.now_ms());
  if (conditions.judge(object.info()) != Verdict::kPass) return refuse(Code::kPreconditionFailed);
  const std::uint64_t size = object.info().size;
  if (size > model::kSinglePutBytesMax)
    return refuse(Code::kEntityTooLarge, "Signatures are made of objects of up to 5 GiB");
  const std::uint64_t block = wire::delta_block_size(size);
  api::Reply reply = empty_reply(*call, 200);
  add_object_headers(reply.headers, object.info());
  reply.headers.set("Content-Type", wire::kSignatureType);
  add_version_header(*call, reply.headers, object.info());
  if (object.info().checksum) add_checksum_headers(reply.headers, *object.info().checksum);
  reply.headers.set(wire::kObjectSizeHeader, std::to_string(size));
  reply.headers.set(wire::kBlockSizeHeader, std::to_string(block));
  reply.content_length = (size + block - 1) / block * wire::kBlockSumBytes;
  if (size > 0) reply.source = std::make_unique<SignatureSource>(call->reply_buffers, object.read({0, size}), block);
  return Ticket<api::Reply>(std::move(reply));
}

Answer put_object_delta(CallPtr call) {
  if (call->header("content-md5"))
    return refuse(Code::kInvalidRequest, "Content-MD5 would speak of the delta, not of the object");
  OBJSTORE_S3_ASSIGN(model::ObjectAttributes attributes, read_attributes(call->head.headers));
  OBJSTORE_S3_ASSIGN(BodyPlan plan, plan_body(*call, model::kSinglePutBytesMax, ChecksumOf::kObject));
  OBJSTORE_S3_ASSIGN(const std::uint64_t size, object_size(*call));
  OBJSTORE_S3_ASSIGN(model::StoredChecksum checksum, stated_checksum(*call));
  DeltaSlot slot(call->delta_slots);
  if (!slot.taken()) return refuse(Code::kSlowDown, "Too many objects are being made out of deltas");
  OBJSTORE_S3_ASSIGN(DeltaBase base, open_base(*call));
  OBJSTORE_S3_ASSIGN(auto inner, outcome(call->catalog().begin_put(call->bucket(), call->key())));
  model::ObjectWriter* const target = inner.get();
  auto writer = std::make_unique<DeltaWriter>(std::move(slot), std::move(base), std::move(inner), size, checksum);
  UploadSink::Commit commit = [call, target, attributes = std::move(attributes), checksum = std::move(checksum)](
                                  std::optional<model::StoredChecksum>) mutable -> Ticket<api::Reply> {
    model::ObjectWriter::Commit what{.attributes = std::move(attributes),
                                     .checksum = std::move(checksum),
                                     .owner_account = call->bucket_info->owner_account,
                                     .condition = write_condition(call->head.headers)};
    return answer_result(call, target->commit(std::move(what)), object_made);
  };
  BodyVerifier verifier(*call, std::move(plan));
  return std::make_unique<UploadSink>(std::move(call), std::move(verifier), std::move(writer), std::move(commit));
}

}  // namespace objstore::s3
