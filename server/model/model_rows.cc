#include "server/model/model_rows.h"

#include <functional>
#include <utility>

#include "common/base/bytes.h"
#include "model_records.pb.h"

namespace objstore::model {
namespace {

// A message of this thread, empty. Used again and again: what it holds inside was allocated once.
template <typename Message>
Message& blank() {
  thread_local Message message;
  message.Clear();
  return message;
}

// Until the thread parses the next one of this kind.
template <typename Message>
Result<std::reference_wrapper<const Message>> parse(std::string_view bytes, const char* what) {
  Message& message = blank<Message>();
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return fail(Errc::kCorrupt, std::string("a row of table ") + what + " cannot be read");
  }
  return std::cref(message);
}

std::string serialise(const google::protobuf::MessageLite& message) {
  std::string out;
  message.SerializeToString(&out);
  return out;
}

template <typename Repeated>
void fill(Repeated& out, const NameValues& values) {
  for (const auto& [name, value] : values) {
    auto& pair = *out.Add();
    pair.set_name(name);
    pair.set_value(value);
  }
}

template <typename Repeated>
NameValues read_pairs(const Repeated& in) {
  NameValues values;
  values.reserve(static_cast<std::size_t>(in.size()));
  for (const auto& pair : in) values.emplace_back(pair.name(), pair.value());
  return values;
}

void fill(pb::Attributes& out, const ObjectAttributes& attributes) {
  out.set_content_type(attributes.content_type);
  fill(*out.mutable_system(), attributes.system);
  fill(*out.mutable_user_metadata(), attributes.user_metadata);
  out.set_storage_class(attributes.storage_class);
  fill(*out.mutable_tags(), attributes.tags);
}

ObjectAttributes read(const pb::Attributes& in) {
  return {in.content_type(), read_pairs(in.system()), read_pairs(in.user_metadata()), in.storage_class(),
          read_pairs(in.tags())};
}

void fill(pb::Checksum& out, const StoredChecksum& checksum) {
  out.set_algorithm(checksum.algorithm);
  out.set_value(checksum.value);
  out.set_composite(checksum.composite);
}

StoredChecksum read(const pb::Checksum& in) {
  return {in.algorithm(), in.value(), in.composite()};
}

void fill(pb::Layout& out, const storage::Layout& layout) {
  for (const storage::Extent& extent : layout.extents) {
    pb::Extent& to = *out.add_extents();
    to.set_blob(extent.blob);
    to.set_offset(extent.offset);
    to.set_length(extent.length);
  }
  out.set_manifest(layout.manifest);
  out.set_manifest_pages(layout.manifest_pages);
}

storage::Layout read(const pb::Layout& in) {
  storage::Layout layout;
  for (const pb::Extent& extent : in.extents())
    layout.extents.push_back({extent.blob(), extent.offset(), extent.length()});
  layout.manifest = in.manifest();
  layout.manifest_pages = in.manifest_pages();
  return layout;
}

void fill(pb::Object& out, const ObjectInfo& info) {
  out.set_generation(info.generation);
  out.set_version_id(info.version_id);
  out.set_delete_marker(info.delete_marker);
  out.set_size(info.size);
  out.set_modified_ms(info.modified_ms);
  out.set_etag(info.etag);
  out.set_owner_account(info.owner_account);
  fill(*out.mutable_attributes(), info.attributes);
  if (info.checksum) fill(*out.mutable_checksum(), *info.checksum);
  out.set_parts_count(info.parts_count);
}

ObjectInfo read_info(std::string_view key, const pb::Object& in) {
  ObjectInfo info;
  info.key = key;
  info.version_id = in.version_id();
  info.delete_marker = in.delete_marker();
  info.size = in.size();
  info.modified_ms = in.modified_ms();
  info.etag = in.etag();
  info.owner_account = in.owner_account();
  if (in.has_checksum()) info.checksum = read(in.checksum());
  info.parts_count = in.parts_count();
  info.generation = in.generation();
  info.attributes = read(in.attributes());
  return info;
}

void fill(pb::Part& out, const PartInfo& info) {
  out.set_number(info.number);
  out.set_size(info.size);
  out.set_etag(info.etag);
  out.set_modified_ms(info.modified_ms);
  if (info.checksum) fill(*out.mutable_checksum(), *info.checksum);
}

PartInfo read_info(const pb::Part& in) {
  PartInfo info;
  info.number = in.number();
  info.size = in.size();
  info.etag = in.etag();
  info.modified_ms = in.modified_ms();
  if (in.has_checksum()) info.checksum = read(in.checksum());
  return info;
}

}  // namespace

std::string encode(const BucketRow& row) {
  pb::Bucket& message = blank<pb::Bucket>();
  message.set_id(row.info.id);
  message.set_owner_account(row.info.owner_account);
  message.set_region(row.info.region);
  message.set_created_ms(row.info.created_ms);
  message.set_state(static_cast<std::uint32_t>(row.state));
  message.set_domain(row.domain);
  message.set_versioning(static_cast<std::uint32_t>(row.info.versioning));
  message.set_etag(static_cast<std::uint32_t>(row.info.etag));
  return serialise(message);
}

std::string encode(const ObjectRow& row) {
  pb::Object& message = blank<pb::Object>();
  fill(message, row.info);
  message.set_object_id(row.object_id);
  message.set_sequence(row.sequence);
  message.set_inlined(row.inlined);
  fill(*message.mutable_layout(), row.layout);
  message.set_null_sequence(row.null_sequence);
  return serialise(message);
}

std::string encode(const UploadRow& row) {
  pb::Upload& message = blank<pb::Upload>();
  message.set_state(static_cast<std::uint32_t>(row.state));
  message.set_initiated_ms(row.initiated_ms);
  message.set_owner_account(row.options.owner_account);
  fill(*message.mutable_attributes(), row.options.attributes);
  message.set_checksum_algorithm(row.options.checksum_algorithm);
  message.set_checksum_composite(row.options.checksum_composite);
  if (row.result) fill(*message.mutable_result(), *row.result);
  return serialise(message);
}

std::string encode(const PartRow& row) {
  pb::Part& message = blank<pb::Part>();
  fill(message, row.info);
  fill(*message.mutable_layout(), row.layout);
  return serialise(message);
}

std::string encode_part_list(const std::vector<PartInfo>& parts) {
  pb::PartList& message = blank<pb::PartList>();
  for (const PartInfo& part : parts) fill(*message.add_parts(), part);
  return serialise(message);
}

Result<BucketRow> decode_bucket(std::string_view name, std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Bucket& message, parse<pb::Bucket>(bytes, "buckets"));
  if (message.state() < 1 || message.state() > 2)
    return fail(Errc::kCorrupt, "a bucket in a state that does not exist");
  if (message.versioning() > 2) return fail(Errc::kCorrupt, "a bucket with a versioning that does not exist");
  if (message.etag() > 1) return fail(Errc::kCorrupt, "a bucket with a kind of ETag that does not exist");
  BucketRow row;
  row.info = {.id = message.id(),
              .name = std::string(name),
              .owner_account = message.owner_account(),
              .region = message.region(),
              .created_ms = message.created_ms(),
              .versioning = static_cast<Versioning>(message.versioning()),
              .etag = static_cast<EtagKind>(message.etag())};
  row.state = static_cast<BucketState>(message.state());
  row.domain = message.domain();
  return row;
}

Result<ObjectRow> decode_object(std::string_view key, std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Object& message, parse<pb::Object>(bytes, "objects"));
  ObjectRow row;
  row.info = read_info(key, message);
  row.object_id = message.object_id();
  row.sequence = message.sequence();
  row.inlined = message.inlined();
  row.layout = read(message.layout());
  row.null_sequence = message.null_sequence();
  return row;
}

Result<UploadRow> decode_upload(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Upload& message, parse<pb::Upload>(bytes, "uploads"));
  if (message.state() < 1 || message.state() > 4)
    return fail(Errc::kCorrupt, "an upload in a state that does not exist");
  UploadRow row;
  row.state = static_cast<UploadState>(message.state());
  row.initiated_ms = message.initiated_ms();
  row.options.owner_account = message.owner_account();
  row.options.attributes = read(message.attributes());
  row.options.checksum_algorithm = message.checksum_algorithm();
  row.options.checksum_composite = message.checksum_composite();
  if (message.has_result()) row.result = read_info({}, message.result());
  return row;
}

Result<PartRow> decode_part(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::Part& message, parse<pb::Part>(bytes, "parts"));
  return PartRow{read_info(message), read(message.layout())};
}

Result<std::vector<PartInfo>> decode_part_list(std::string_view bytes) {
  OBJSTORE_ASSIGN(const pb::PartList& message, parse<pb::PartList>(bytes, "parts"));
  std::vector<PartInfo> parts;
  for (const pb::Part& part : message.parts()) parts.push_back(read_info(part));
  return parts;
}

std::string bucket_prefix(std::uint64_t bucket) {
  return storage::id_key(bucket);
}

std::string object_key(std::uint64_t bucket, std::string_view key) {
  return bucket_prefix(bucket).append(key);
}

std::string versions_prefix(std::uint64_t bucket, std::string_view key) {
  std::string prefix = object_key(bucket, key);
  prefix.push_back('\0');
  return prefix;
}

std::string version_key(std::uint64_t bucket, std::string_view key, std::uint64_t sequence) {
  std::string row_key = versions_prefix(bucket, key);
  append_u64_be(row_key, ~sequence);
  return row_key;
}

std::string upload_key(std::uint64_t bucket, std::string_view key, std::string_view upload_id) {
  std::string row_key = object_key(bucket, key);
  row_key.push_back('\0');
  return row_key.append(upload_id);
}

Result<UploadName> parse_upload_key(std::string_view row_key) {
  const std::string_view rest = row_key.substr(std::min<std::size_t>(8, row_key.size()));
  const std::size_t end = rest.find('\0');
  if (end == std::string_view::npos) return fail(Errc::kCorrupt, "a key of table uploads without an upload id");
  return UploadName{std::string(rest.substr(0, end)), std::string(rest.substr(end + 1))};
}

std::string upload_parts_prefix(std::string_view upload_id) {
  return std::string("u").append(upload_id);
}

std::string upload_part_key(std::string_view upload_id, std::uint32_t number) {
  std::string key = upload_parts_prefix(upload_id);
  append_u32_be(key, number);
  return key;
}

std::string part_list_key(std::uint64_t object_id, std::uint32_t page) {
  return std::string("o").append(storage::page_key(object_id, page));
}

std::uint32_t part_list_pages(std::uint32_t parts_count) {
  return static_cast<std::uint32_t>((parts_count + kPartsPerListPage - 1) / kPartsPerListPage);
}

std::string completed_key(UnixMillis completed_ms, std::string_view upload_row_key) {
  std::string key(kCompletedPrefix);
  append_u64_be(key, static_cast<std::uint64_t>(completed_ms));
  return key.append(upload_row_key);
}

std::string bucket_document_key(std::uint64_t bucket, BucketDocument document) {
  return bucket_prefix(bucket).append(to_string(document));
}

std::string bucket_bytes_key(std::uint64_t bucket) {
  return std::string("u").append(storage::id_key(bucket));
}
std::string bucket_objects_key(std::uint64_t bucket) {
  return std::string("n").append(storage::id_key(bucket));
}

}  // namespace objstore::model
