#include "common/base/bytes.h"
#include "common/wire/checksum.h"
#include "common/wire/etag.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/body.h"
#include "server/api/s3/checksum_request.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/upload_sink.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

std::string_view upload_id(const Call& call) {
  return call.param("uploadId").value_or("");
}

Outcome<api::Reply> upload_created(const Call& call, const model::UploadInfo& upload) {
  wire::XmlWriter xml("InitiateMultipartUploadResult", wire::kS3Namespace);
  xml.element("Bucket", call.bucket().str());
  xml.element("Key", call.key().str());
  xml.element("UploadId", upload.upload_id);
  api::Reply reply = xml_reply(call, 200, std::move(xml).finish());
  if (!upload.checksum_algorithm.empty()) {
    reply.headers.add("x-amz-checksum-algorithm", upload.checksum_algorithm);
    reply.headers.add("x-amz-checksum-type", checksum_type_name(upload.checksum_composite));
  }
  return reply;
}

// The part's checksum is of the upload's algorithm, or S3 could not make the object's from it.
Outcome<std::optional<wire::ChecksumAlgorithm>> part_checksum(const model::UploadInfo& upload, const BodyPlan& plan) {
  const auto wanted = wire::checksum_from_name(upload.checksum_algorithm);
  if (!wanted || !plan.checksum.algorithm || *wanted == *plan.checksum.algorithm) return wanted;
  return refuse(Code::kInvalidRequest,
                "Checksum Type mismatch occurred, expected checksum Type: " + to_lower(wire::checksum_name(*wanted)) +
                    ", actual checksum Type: " + to_lower(wire::checksum_name(*plan.checksum.algorithm)));
}

Outcome<api::Reply> part_stored(const Call& call, const model::PartInfo& part) {
  api::Reply reply = empty_reply(call, 200);
  reply.headers.add("ETag", wire::quote_etag(part.etag));
  if (part.checksum)
    if (const auto algorithm = wire::checksum_from_name(part.checksum->algorithm))
      reply.headers.add(wire::checksum_header(*algorithm), part.checksum->value);
  return reply;
}

Outcome<model::CompletedPart> read_part(const wire::XmlElement& part,
                                        std::optional<wire::ChecksumAlgorithm> algorithm) {
  const auto number = parse_u64(trim(part.child_text("PartNumber")));
  const wire::XmlElement* etag = part.child("ETag");
  if (!number || etag == nullptr) return refuse(Code::kMalformedXML);
  if (*number < 1 || *number > model::kPartNumberMax)
    return invalid_argument("PartNumber must be >= 1 and <= 10000", "PartNumber", part.child_text("PartNumber"));
  model::CompletedPart out;
  out.number = static_cast<std::uint32_t>(*number);
  out.etag = to_lower(wire::unquote_etag(trim(etag->text)));
  if (algorithm) out.checksum = trim(part.child_text(wire::checksum_element(*algorithm)));
  return out;
}

Outcome<std::vector<model::CompletedPart>> read_parts(const std::string& document,
                                                      std::optional<wire::ChecksumAlgorithm> algorithm) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root,
                     parse_document(document, "CompleteMultipartUpload", kListDocumentBytesMax));
  if (root.children.size() > model::kPartNumberMax) return refuse(Code::kMalformedXML);
  std::vector<model::CompletedPart> parts;
  for (const wire::XmlElement& child : root.children) {
    if (child.name != "Part") return refuse(Code::kMalformedXML);
    OBJSTORE_S3_ASSIGN(model::CompletedPart part, read_part(child, algorithm));
    // Clients that sent a part again list it again: the last entry counts, as ceph/s3-tests wants it.
    if (!parts.empty() && parts.back().number == part.number) parts.pop_back();
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return refuse(Code::kMalformedXML);
  return parts;
}

// What the request says about the whole object. `upload` is nothing when it has been completed before: the catalogue
// then gives the answer that it gave.
Outcome<void> read_statements(const Call& call, const model::UploadInfo* upload, model::CompleteOptions& out) {
  if (const auto size = call.header("x-amz-mp-object-size")) {
    out.object_size = parse_u64(*size);
    if (!out.object_size) return invalid_argument("The object size is not a number", "x-amz-mp-object-size", *size);
  }
  OBJSTORE_S3_ASSIGN(out.checksum, read_object_checksum(call.head.headers));
  if (upload == nullptr) return {};
  const auto type = call.header("x-amz-checksum-type");
  if (type && !upload->checksum_algorithm.empty() && *type != checksum_type_name(upload->checksum_composite))
    return refuse(Code::kInvalidRequest,
                  "The upload was created with the " + std::string(checksum_type_name(upload->checksum_composite)) +
                      " checksum mode. The complete request must include the same checksum type.");
  if (out.checksum && out.checksum->algorithm != upload->checksum_algorithm)
    return refuse(Code::kInvalidRequest, "The upload was created for another checksum algorithm than " +
                                             out.checksum->algorithm + ", or for none.");
  return {};
}

std::string location_of(const Call& call) {
  std::string url = call.head.secure ? "https://" : "http://";
  url.append(call.header("host").value_or("")).append(call.head.path);
  return url;
}

Outcome<api::Reply> completed(const Call& call, const Result<model::ObjectInfo>& object) {
  if (!object) {
    Failure failure = write_failure(call.head.headers, object.error());
    if (failure.code == Code::kInvalidArgument) failure.code = Code::kInvalidRequest;
    return std::unexpected(std::move(failure));
  }
  wire::XmlWriter xml("CompleteMultipartUploadResult", wire::kS3Namespace);
  xml.element("Location", location_of(call));
  xml.element("Bucket", call.bucket().str());
  xml.element("Key", call.key().str());
  xml.quoted("ETag", object->etag);
  if (object->checksum) {
    add_checksum(xml, *object->checksum);
    xml.element("ChecksumType", checksum_type_name(object->checksum->composite));
  }
  api::Reply reply = xml_reply(call, 200, std::move(xml).finish());
  add_written_version_header(reply.headers, *object);
  return reply;
}

Outcome<Ticket<api::Reply>> complete(const CallPtr& call, const std::string& document) {
  // Nothing for an upload that is not open: the catalogue knows whether it has been completed or never was.
  const auto upload = call->catalog().get_upload(call->bucket(), call->key(), upload_id(*call));
  if (!upload && upload.error().code != Errc::kNoSuchUpload) return std::unexpected(to_failure(upload.error()));
  model::CompleteOptions options;
  OBJSTORE_S3_ASSIGN(options.parts, read_parts(document, upload ? wire::checksum_from_name(upload->checksum_algorithm)
                                                                : std::nullopt));
  OBJSTORE_S3_TRY(read_statements(*call, upload ? &*upload : nullptr, options));
  options.condition = write_condition(call->head.headers);
  return answer_result(
      call, call->catalog().complete(call->bucket(), call->key(), upload_id(*call), std::move(options)), completed);
}

}  // namespace

Answer create_multipart_upload(CallPtr call) {
  OBJSTORE_S3_TRY(refuse_streaming(*call));
  model::UploadOptions options;
  OBJSTORE_S3_ASSIGN(options.attributes, read_attributes(call->head.headers));
  OBJSTORE_S3_ASSIGN(const UploadChecksum checksum, read_upload_checksum(call->head.headers));
  options.owner_account = call->bucket_info->owner_account;
  if (checksum.algorithm) options.checksum_algorithm = wire::checksum_name(*checksum.algorithm);
  options.checksum_composite = checksum.composite;
  Ticket<model::UploadInfo> created = call->catalog().create_upload(call->bucket(), call->key(), std::move(options));
  return answer(std::move(call), std::move(created), upload_created);
}

Answer upload_part(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const std::uint32_t number, read_part_number(*call));
  OBJSTORE_S3_ASSIGN(const model::UploadInfo upload,
                     outcome(call->catalog().get_upload(call->bucket(), call->key(), upload_id(*call))));
  OBJSTORE_S3_ASSIGN(BodyPlan plan, plan_body(*call, model::kSinglePutBytesMax));
  OBJSTORE_S3_ASSIGN(const auto compute, part_checksum(upload, plan));
  OBJSTORE_S3_ASSIGN(std::unique_ptr<model::PartWriter> writer,
                     outcome(call->catalog().begin_part(call->bucket(), call->key(), upload_id(*call), number)));
  model::PartWriter* const target = writer.get();
  UploadSink::Commit commit = [call, target](std::optional<model::StoredChecksum> checksum) {
    return answer(call, target->commit(std::move(checksum)), part_stored);
  };
  BodyVerifier verifier(*call, std::move(plan), compute);
  return std::make_unique<UploadSink>(std::move(call), std::move(verifier), std::move(writer), std::move(commit));
}

Answer complete_multipart_upload(CallPtr call) {
  return read_document(std::move(call), kListDocumentBytesMax, complete, ChecksumOf::kObject);
}

Answer abort_multipart_upload(CallPtr call) {
  Ticket<Done> done = call->catalog().abort(call->bucket(), call->key(), upload_id(*call));
  return answer(std::move(call), std::move(done),
                [](const Call& c, const Done&) -> Outcome<api::Reply> { return empty_reply(c, 204); });
}

}  // namespace objstore::s3
