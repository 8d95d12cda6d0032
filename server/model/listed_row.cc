#include "server/model/listed_row.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "model_records.pb.h"

namespace objstore::model {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr std::uint32_t varint(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_VARINT);
}
constexpr std::uint32_t text(int field) {
  return WireFormatLite::MakeTag(field, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
}

// Calls take(tag, in) for each field of a message; false when one of the calls, or the message, says that it is broken.
template <typename Take>
bool for_fields(std::string_view message, Take take) {
  CodedInputStream in(reinterpret_cast<const std::uint8_t*>(message.data()), static_cast<int>(message.size()));
  while (const std::uint32_t tag = in.ReadTag())
    if (!take(tag, in)) return false;
  return in.ConsumedEntireMessage();
}

// What lies in the message itself.
bool read(CodedInputStream& in, std::string_view& out) {
  std::uint32_t length = 0;
  const void* data = nullptr;
  int left = 0;
  if (!in.ReadVarint32(&length)) return false;
  in.GetDirectBufferPointerInline(&data, &left);
  if (length > static_cast<std::uint32_t>(left)) return false;
  out = {static_cast<const char*>(data), length};
  return in.Skip(static_cast<int>(length));
}
bool read(CodedInputStream& in, std::uint64_t& out) {
  return in.ReadVarint64(&out);
}
bool read(CodedInputStream& in, bool& out) {
  std::uint64_t value = 0;
  if (!in.ReadVarint64(&value)) return false;
  out = value != 0;
  return true;
}

bool read_storage_class(std::string_view attributes, std::string_view& out) {
  return for_fields(attributes, [&](std::uint32_t tag, CodedInputStream& in) {
    return tag == text(pb::Attributes::kStorageClassFieldNumber) ? read(in, out) : WireFormatLite::SkipField(&in, tag);
  });
}

bool read_checksum(std::string_view message, StoredChecksum& out) {
  std::string_view algorithm;
  std::string_view value;
  const bool is_whole = for_fields(message, [&](std::uint32_t tag, CodedInputStream& in) {
    switch (tag) {
      case text(pb::Checksum::kAlgorithmFieldNumber):
        return read(in, algorithm);
      case text(pb::Checksum::kValueFieldNumber):
        return read(in, value);
      case varint(pb::Checksum::kCompositeFieldNumber):
        return read(in, out.composite);
      default:
        return WireFormatLite::SkipField(&in, tag);
    }
  });
  out.algorithm = algorithm;
  out.value = value;
  return is_whole;
}

}  // namespace

Result<ListedObject> decode_listed(std::string_view key, std::string_view bytes, std::pmr::memory_resource& texts) {
  const auto keep = [&texts](std::string_view passing) {
    char* const place = static_cast<char*>(texts.allocate(passing.size(), 1));
    passing.copy(place, passing.size());
    return std::string_view(place, passing.size());
  };
  ListedObject listed;
  std::uint64_t modified = 0;
  std::string_view etag;
  std::string_view owner;
  std::string_view attributes;
  std::string_view storage_class;
  std::optional<std::string_view> checksum;
  const bool is_whole = for_fields(bytes, [&](std::uint32_t tag, CodedInputStream& in) {
    switch (tag) {
      case varint(pb::ListedObject::kDeleteMarkerFieldNumber):
        return read(in, listed.delete_marker);
      case varint(pb::ListedObject::kSizeFieldNumber):
        return read(in, listed.size);
      case varint(pb::ListedObject::kModifiedMsFieldNumber):
        return read(in, modified);
      case text(pb::ListedObject::kEtagFieldNumber):
        return read(in, etag);
      case text(pb::ListedObject::kOwnerAccountFieldNumber):
        return read(in, owner);
      case text(pb::ListedObject::kAttributesFieldNumber):
        return read(in, attributes);
      case text(pb::ListedObject::kChecksumFieldNumber):
        return read(in, checksum.emplace());
      default:
        return WireFormatLite::SkipField(&in, tag);
    }
  });
  const auto read_inner = [&] {
    return read_storage_class(attributes, storage_class) &&
           (!checksum || read_checksum(*checksum, listed.checksum.emplace()));
  };
  if (!is_whole || !read_inner()) return fail(Errc::kCorrupt, "a row of table objects cannot be read");
  listed.key = keep(key);
  listed.modified_ms = WireFormatLite::ZigZagDecode64(modified);
  listed.etag = keep(etag);
  listed.owner_account = keep(owner);
  listed.storage_class = keep(storage_class);
  return listed;
}

}  // namespace objstore::model
