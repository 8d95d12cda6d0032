#include "common/wire/etag.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/upload_sink.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

Outcome<api::Reply> object_stored(const Call& call, const Result<model::ObjectInfo>& stored) {
  if (!stored) return std::unexpected(write_failure(call.head.headers, stored.error()));
  api::Reply reply = empty_reply(call, 200);
  reply.headers.add("ETag", wire::quote_etag(stored->etag));
  add_written_version_header(reply.headers, *stored);
  if (stored->checksum) add_checksum_headers(reply.headers, *stored->checksum);
  return reply;
}

}  // namespace

Answer put_object(CallPtr call) {
  OBJSTORE_S3_ASSIGN(model::ObjectAttributes attributes, read_attributes(call->head.headers));
  OBJSTORE_S3_ASSIGN(BodyPlan plan, plan_body(*call, model::kSinglePutBytesMax));
  OBJSTORE_S3_ASSIGN(std::unique_ptr<model::ObjectWriter> writer,
                     outcome(call->catalog().begin_put(call->bucket(), call->key())));
  model::ObjectWriter* const target = writer.get();
  UploadSink::Commit commit = [call, target, attributes = std::move(attributes)](
                                  std::optional<model::StoredChecksum> checksum) mutable -> Ticket<api::Reply> {
    model::ObjectWriter::Commit what{.attributes = std::move(attributes),
                                     .checksum = std::move(checksum),
                                     .owner_account = call->bucket_info->owner_account,
                                     .condition = write_condition(call->head.headers)};
    return answer_result(call, target->commit(std::move(what)), object_stored);
  };
  BodyVerifier verifier(*call, std::move(plan));
  return std::make_unique<UploadSink>(std::move(call), std::move(verifier), std::move(writer), std::move(commit));
}

}  // namespace objstore::s3
