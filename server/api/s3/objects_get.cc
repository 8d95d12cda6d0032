#include <algorithm>
#include <array>
#include <optional>

#include "common/base/bytes.h"
#include "common/wire/etag.h"
#include "common/wire/ranges.h"
#include "common/wire/time.h"
#include "server/api/s3/arguments.h"
#include "server/api/s3/attributes.h"
#include "server/api/s3/conditions.h"
#include "server/api/s3/operations.h"
#include "server/api/s3/reply.h"
#include "server/api/s3/versions.h"

namespace objstore::s3 {
namespace {

struct Override {
  std::string_view parameter;
  std::string_view header;
};
constexpr auto kOverrides = std::to_array<Override>({
    {"response-cache-control", "Cache-Control"},
    {"response-content-disposition", "Content-Disposition"},
    {"response-content-encoding", "Content-Encoding"},
    {"response-content-language", "Content-Language"},
    {"response-content-type", "Content-Type"},
    {"response-expires", "Expires"},
});

// The bytes of the object that are wanted.
struct Selection {
  model::ByteRange bytes;
  bool partial = false;                                // 206 with Content-Range
  std::uint32_t parts_count = 0;                       // for partNumber
  std::optional<model::StoredChecksum> checksum = {};  // of these bytes
};

Outcome<void> check_overrides(const Call& call) {
  for (const Override& o : kOverrides) {
    const std::string_view value = call.param(o.parameter).value_or("");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
    if (std::ranges::any_of(value, is_control))
      return invalid_argument("A response header has no control characters", o.parameter, value);
  }
  return {};
}

void apply_overrides(const Call& call, wire::Headers& headers) {
  for (const Override& o : kOverrides)
    if (const auto value = call.param(o.parameter); value && !value->empty()) headers.set(o.header, *value);
}

// A part's own, with the type of the whole object's.
Outcome<std::optional<model::StoredChecksum>> part_checksum(model::OpenObject& object, std::uint32_t number) {
  const model::ObjectInfo& info = object.info();
  if (info.parts_count == 0 || !info.checksum) return info.checksum;
  OBJSTORE_S3_ASSIGN(const std::vector<model::PartInfo> parts, outcome(object.parts(number - 1, 1)));
  if (parts.empty() || !parts.front().checksum) return std::optional<model::StoredChecksum>();
  std::optional<model::StoredChecksum> checksum = parts.front().checksum;
  checksum->composite = info.checksum->composite;
  return checksum;
}

Outcome<Selection> select_part(const Call& call, model::OpenObject& object) {
  if (call.header("range"))
    return refuse(Code::kInvalidRequest, "Cannot specify both Range header and partNumber query parameter.");
  OBJSTORE_S3_ASSIGN(const std::uint32_t number, read_part_number(call));
  const auto range = object.part_range(number);
  if (!range) {
    if (range.error().code != Errc::kInvalidPart) return std::unexpected(to_failure(range.error()));
    return refuse(Code::kInvalidPart, {}, {{"ActualPartCount", std::to_string(object.info().parts_count)}});
  }
  Selection out{*range, range->length > 0, object.info().parts_count};
  OBJSTORE_S3_ASSIGN(out.checksum, part_checksum(object, number));
  return out;
}

Outcome<Selection> select_range(const Call& call, const model::ObjectInfo& info) {
  Selection out{{0, info.size}, false, 0, info.checksum};
  const auto value = call.header("range");
  if (!value) return out;
  const auto range = wire::parse_range(*value, info.size);
  if (!range)
    return refuse(Code::kInvalidRange, {},
                  {{"RangeRequested", std::string(*value)}, {"ActualObjectSize", std::to_string(info.size)}});
  if (*range) out = Selection{{(*range)->first, (*range)->length}, true, 0};
  return out;
}

api::Reply not_modified(const Call& call, const model::ObjectInfo& info) {
  api::Reply reply = empty_reply(call, 304);
  reply.headers.add("ETag", wire::quote_etag(info.etag));
  reply.headers.add("Last-Modified", wire::format_http_date(info.modified_ms));
  add_version_header(call, reply.headers, info);
  for (const auto& [name, value] : info.attributes.system)
    if (name == "cache-control" || name == "expires") reply.headers.add(name, value);
  return reply;
}

// The head of the reply; the body is the caller's.
api::Reply object_reply(const Call& call, const model::ObjectInfo& info, const Selection& selection) {
  api::Reply reply = empty_reply(call, selection.partial ? 206 : 200);
  add_object_headers(reply.headers, info);
  add_version_header(call, reply.headers, info);
  apply_overrides(call, reply.headers);
  if (selection.partial)
    reply.headers.add("Content-Range", wire::content_range({selection.bytes.first, selection.bytes.length}, info.size));
  if (selection.parts_count > 0) reply.headers.add("x-amz-mp-parts-count", std::to_string(selection.parts_count));
  const bool wants_checksum = equals_ignore_case(call.header("x-amz-checksum-mode").value_or(""), "ENABLED");
  // A range has none: a client would compare it with the whole object's.
  if (wants_checksum && selection.checksum) add_checksum_headers(reply.headers, *selection.checksum);
  reply.content_length = selection.bytes.length;
  return reply;
}

Outcome<std::optional<api::Reply>> check_conditions(const Call& call, const model::ObjectInfo& info) {
  const auto conditions = ReadConditions::of_request(call.head.headers, call.services.clock.now_ms());
  switch (conditions.judge(info)) {
    case Verdict::kPass:
      return std::optional<api::Reply>();
    case Verdict::kNotModified:
      return not_modified(call, info);
    case Verdict::kPreconditionFailed:
      return refuse(Code::kPreconditionFailed, {},
                    {{"Condition", conditions.if_match ? "If-Match" : "If-Unmodified-Since"}});
  }
  return refuse(Code::kInternalError);
}

// HEAD needs the object's row alone, unless a part of it is asked for.
Answer head_object(const CallPtr& call, const model::VersionChoice& version) {
  OBJSTORE_S3_ASSIGN(const model::ObjectInfo info, read_head(*call, version));
  OBJSTORE_S3_ASSIGN(std::optional<api::Reply> early, check_conditions(*call, info));
  if (early) return Ticket<api::Reply>(std::move(*early));
  OBJSTORE_S3_ASSIGN(const Selection selection, select_range(*call, info));
  return Ticket<api::Reply>(object_reply(*call, info, selection));
}

}  // namespace

Answer get_object(CallPtr call) {
  OBJSTORE_S3_ASSIGN(const model::VersionChoice version, read_version(*call));
  OBJSTORE_S3_TRY(check_overrides(*call));
  const bool by_part = call->param("partNumber").has_value();
  if (call->is_head() && !by_part) return head_object(call, version);
  auto opened = call->catalog().open_object(call->bucket(), call->key(), version);
  if (!opened) return std::unexpected(unreadable(*call, version, opened.error()));
  model::OpenObject& object = **opened;
  OBJSTORE_S3_ASSIGN(std::optional<api::Reply> early, check_conditions(*call, object.info()));
  if (early) return Ticket<api::Reply>(std::move(*early));
  OBJSTORE_S3_ASSIGN(const Selection selection,
                     by_part ? select_part(*call, object) : select_range(*call, object.info()));
  api::Reply reply = object_reply(*call, object.info(), selection);
  if (!call->is_head() && selection.bytes.length > 0) reply.source = object.read(selection.bytes);
  return Ticket<api::Reply>(std::move(reply));
}

}  // namespace objstore::s3
