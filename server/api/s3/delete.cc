#include <algorithm>
#include <ranges>

#include "common/base/bytes.h"
#include "common/wire/checksum.h"
#include "common/wire/time.h"
#include "server/api/gather.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/body.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/documents.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"

namespace objstore::s3 {
namespace {

constexpr std::size_t kDeleteObjectsMax = 1000;

// One <Object> of the request and what became of it.
struct Entry {
  std::string key;
  std::string version_id;  // as the request has it
  std::optional<Failure> failure;
  model::DeleteResult result = {};
};

struct Batch {
  bool quiet = false;
  std::vector<Entry> entries;
  std::vector<std::size_t> asked;  // entries whose removal was begun, in the order of the tickets
};

Outcome<DeleteConditions> entry_conditions(const wire::XmlElement& object, UnixMillis now_ms) {
  DeleteConditions out;
  if (const wire::XmlElement* etag = object.child("ETag")) out.etag = etag->text;
  if (const wire::XmlElement* size = object.child("Size")) {
    out.size = parse_u64(trim(size->text));
    if (!out.size) return refuse(Code::kMalformedXML);
  }
  if (const wire::XmlElement* time = object.child("LastModifiedTime")) {
    out.modified_ms = wire::parse_iso8601(trim(time->text));
    if (!out.modified_ms) out.modified_ms = wire::parse_http_date(trim(time->text), now_ms);
    if (!out.modified_ms) return refuse(Code::kMalformedXML);
  }
  return out;
}

Outcome<Ticket<model::DeleteResult>> begin_removal(const Call& call, const wire::XmlElement& object,
                                                   const Entry& entry) {
  auto key = ObjectKey::parse(entry.key);
  if (!key) return refuse(key.error().code == Errc::kTooLarge ? Code::kKeyTooLongError : Code::kInvalidArgument);
  model::VersionChoice version;
  if (!entry.version_id.empty()) {
    auto id = model::VersionId::parse(entry.version_id);
    if (!id) return refuse(Code::kNoSuchVersion);
    version = std::move(*id);
  }
  const std::string_view action =
      version ? iam_version_action(Endpoint::kDeleteObject) : iam_action(Endpoint::kDeleteObject);
  OBJSTORE_S3_TRY(authorize(call, action, call.bucket().str(), key->str(), call.bucket_info->owner_account));
  OBJSTORE_S3_ASSIGN(DeleteConditions conditions, entry_conditions(object, call.services.clock.now_ms()));
  return call.catalog().remove(call.bucket(), *key, delete_condition(std::move(conditions)), std::move(version));
}

Outcome<Batch> read_batch(const wire::XmlElement& root) {
  Batch batch;
  const std::string_view quiet = trim(root.child_text("Quiet"));
  if (!quiet.empty() && !equals_ignore_case(quiet, "true") && !equals_ignore_case(quiet, "false"))
    return refuse(Code::kMalformedXML);
  batch.quiet = equals_ignore_case(quiet, "true");
  for (const wire::XmlElement& child : root.children) {
    if (child.name == "Quiet") continue;
    if (child.name != "Object" || batch.entries.size() == kDeleteObjectsMax || child.count("Key") != 1 ||
        child.child_text("Key").empty())
      return refuse(Code::kMalformedXML);
    batch.entries.push_back(
        Entry{std::string(child.child_text("Key")), std::string(child.child_text("VersionId")), {}});
  }
  if (batch.entries.empty()) return refuse(Code::kMalformedXML);
  return batch;
}

std::string result_document(const Batch& batch) {
  wire::XmlWriter xml("DeleteResult", wire::kS3Namespace);
  for (const Entry& entry : batch.entries) {
    if (!entry.failure && batch.quiet) continue;
    xml.open(entry.failure ? "Error" : "Deleted");
    xml.element("Key", entry.key);
    add_if_given(xml, "VersionId", entry.version_id);
    if (entry.result.delete_marker)
      xml.element("DeleteMarker", true).element("DeleteMarkerVersionId", entry.result.version_id);
    if (entry.failure) {
      const CodeFacts& known = facts(entry.failure->code);
      xml.element("Code", known.name);
      xml.element("Message", entry.failure->message.empty() ? known.sentence : entry.failure->message);
    }
    xml.close();
  }
  return std::move(xml).finish();
}

// Begins all removals before the first one is waited for: they share the store's group commits.
Outcome<Ticket<api::Reply>> remove_all(const CallPtr& call, const std::string& document) {
  OBJSTORE_S3_ASSIGN(const wire::XmlElement root, parse_document(document, "Delete", kListDocumentBytesMax));
  OBJSTORE_S3_ASSIGN(Batch batch, read_batch(root));
  std::vector<Ticket<model::DeleteResult>> tickets;
  std::size_t index = 0;
  for (const wire::XmlElement& child : root.children) {
    if (child.name != "Object") continue;
    auto begun = begin_removal(*call, child, batch.entries[index]);
    if (begun) {
      tickets.push_back(std::move(*begun));
      batch.asked.push_back(index);
    } else {
      batch.entries[index].failure = std::move(begun.error());
    }
    ++index;
  }
  return answer(call, api::gather(std::move(tickets)),
                [batch = std::move(batch)](
                    const Call& c, std::vector<Result<model::DeleteResult>> results) mutable -> Outcome<api::Reply> {
                  for (std::size_t i = 0; i < results.size(); ++i) {
                    Entry& entry = batch.entries[batch.asked[i]];
                    if (results[i])
                      entry.result = std::move(*results[i]);
                    else
                      entry.failure = to_failure(results[i].error());
                  }
                  return xml_reply(c, 200, result_document(batch));
                });
}

// A client that loses a byte of this document deletes the wrong objects, so S3 insists on a digest beside the
// signature's.
Outcome<void> require_digest(const Call& call) {
  const auto states_checksum = [](const wire::Header& header) {
    return wire::checksum_from_header(to_lower(header.name)).has_value();
  };
  if (call.header("content-md5") || std::ranges::any_of(call.head.headers, states_checksum)) return {};
  return refuse(Code::kInvalidRequest, "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
}

Outcome<api::Reply> removed_reply(const Call& call, const model::DeleteResult& removed) {
  api::Reply reply = empty_reply(call, 204);
  if (removed.delete_marker) reply.headers.add("x-amz-delete-marker", "true");
  if (!removed.version_id.empty()) reply.headers.add("x-amz-version-id", removed.version_id);
  return reply;
}

}  // namespace

Answer delete_object(CallPtr call) {
  OBJSTORE_S3_ASSIGN(model::VersionChoice version, read_version(*call));
  OBJSTORE_S3_ASSIGN(DeleteConditions conditions, delete_conditions(call->head.headers, call->services.clock.now_ms()));
  Ticket<model::DeleteResult> removed =
      call->catalog().remove(call->bucket(), call->key(), delete_condition(std::move(conditions)), std::move(version));
  return answer(std::move(call), std::move(removed), removed_reply);
}

Answer delete_objects(CallPtr call) {
  OBJSTORE_S3_TRY(require_digest(*call));
  return read_document(std::move(call), kListDocumentBytesMax, remove_all);
}

}  // namespace objstore::s3
