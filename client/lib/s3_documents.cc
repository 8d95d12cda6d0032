#include "client/lib/s3_documents.h"

#include "client/lib/document_reader.h"
#include "client/lib/s3_error.h"
#include "common/base/bytes.h"
#include "common/base/utf8.h"
#include "common/wire/xml_writer.h"

namespace objstore::client {
namespace {

Result<ListEntry> read_entry(const wire::XmlElement& element, const KeyReader& keys) {
  ListEntry entry;
  OBJSTORE_ASSIGN(entry.key, keys.read(element.child_text("Key")));
  const auto size = parse_u64(element.child_text("Size"));
  if (entry.key.empty() || !size)
    return fail(Errc::kMalformed, "the server's listing has an entry without key or size");
  entry.size = *size;
  entry.etag = element.child_text("ETag");
  entry.storage_class = element.child_text("StorageClass");
  entry.last_modified_ms = read_time(element.child_text("LastModified"));
  return entry;
}

}  // namespace

Result<BucketPage> read_buckets(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"ListAllMyBucketsResult"}));
  BucketPage out;
  if (const auto* list = root.child("Buckets"); list != nullptr) {
    for (const auto& bucket : list->children) {
      out.buckets.push_back(
          {.name = std::string(bucket.child_text("Name")), .created_ms = read_time(bucket.child_text("CreationDate"))});
    }
  }
  out.continuation = root.child_text("ContinuationToken");
  return out;
}

Result<ObjectPage> read_objects(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"ListBucketResult"}));
  const KeyReader keys(root);
  ObjectPage out;
  for (const auto& element : root.children) {
    if (element.name == "Contents") {
      OBJSTORE_ASSIGN(ListEntry entry, read_entry(element, keys));
      out.page.objects.push_back(std::move(entry));
    } else if (element.name == "CommonPrefixes") {
      OBJSTORE_ASSIGN(std::string prefix, keys.read(element.child_text("Prefix")));
      out.page.prefixes.push_back(std::move(prefix));
    }
  }
  if (root.child_text("IsTruncated") == "true") {
    out.continuation = root.child_text("NextContinuationToken");
    if (out.continuation.empty()) return fail(Errc::kMalformed, "the server's listing breaks off without a token");
  }
  return out;
}

Result<std::string> read_upload_id(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"InitiateMultipartUploadResult"}));
  std::string id(root.child_text("UploadId"));
  if (id.empty()) return fail(Errc::kMalformed, "the server gave no upload id");
  return id;
}

Result<StoredResult> read_stored_result(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root,
                  read_root(document, {"CopyObjectResult", "CopyPartResult", "CompleteMultipartUploadResult"}));
  StoredResult out{.etag = std::string(root.child_text("ETag")), .algorithm = {}, .checksum = {}};
  for (const auto algorithm : wire::kChecksumAlgorithms) {
    const auto text = root.child_text(wire::checksum_element(algorithm));
    if (text.empty()) continue;
    out.algorithm = algorithm;
    out.checksum = text;
  }
  return out;
}

Result<std::vector<RemoveFailure>> read_remove_failures(std::string_view document) {
  OBJSTORE_ASSIGN(const wire::XmlElement root, read_root(document, {"DeleteResult"}));
  std::vector<RemoveFailure> out;
  for (const auto& element : root.children) {
    if (element.name != "Error") continue;
    auto key = ObjectKey::parse(element.child_text("Key"));
    if (!key) return fail(Errc::kMalformed, "the server names a key that cannot be one");
    constexpr int kStatusOfNone = 500;
    const std::string code(element.child_text("Code"));
    out.push_back({.key = std::move(*key),
                   .error = {errc_of(kStatusOfNone, code), code + ": " + std::string(element.child_text("Message"))}});
  }
  return out;
}

std::string write_location(std::string_view region) {
  wire::XmlWriter writer("CreateBucketConfiguration", wire::kS3Namespace);
  writer.element("LocationConstraint", region);
  return std::move(writer).finish();
}

std::string write_remove_many(std::span<const ObjectKey> keys) {
  wire::XmlWriter writer("Delete", wire::kS3Namespace);
  writer.element("Quiet", true);
  for (const auto& key : keys) writer.open("Object").element("Key", key.str()).close();
  return std::move(writer).finish();
}

std::string write_complete(std::span<const CompletedPart> parts) {
  wire::XmlWriter writer("CompleteMultipartUpload", wire::kS3Namespace);
  for (const auto& part : parts) {
    writer.open("Part").element("PartNumber", part.number).element("ETag", part.etag);
    if (part.algorithm) writer.element(wire::checksum_element(*part.algorithm), part.checksum);
    writer.close();
  }
  return std::move(writer).finish();
}

bool fits_in_xml(std::string_view key) noexcept {
  while (!key.empty()) {
    const Utf8Step step = utf8_step(key);
    if (step.length == 0 || step.code_point == 0xFFFE || step.code_point == 0xFFFF) return false;
    // CR is allowed, but a reader turns it into LF; tab and LF are kept as escapes by our writer at best.
    if (step.code_point < 0x20) return false;
    key.remove_prefix(step.length);
  }
  return true;
}

}  // namespace objstore::client
