#include "server/api/s3/conditions.h"

#include "common/base/bytes.h"
#include "common/wire/etag.h"
#include "common/wire/time.h"

namespace objstore::s3 {
namespace {

constexpr std::string_view kCopySourcePrefix = "x-amz-copy-source-";
constexpr UnixMillis kMillisPerSecond = 1000;

std::optional<std::string> text(const wire::Headers& headers, const std::string& name) {
  const auto value = headers.find(name);
  return value ? std::optional<std::string>(std::string(*value)) : std::nullopt;
}

std::optional<UnixMillis> date(const wire::Headers& headers, const std::string& name, UnixMillis now_ms) {
  const auto value = headers.find(name);
  return value ? wire::parse_http_date(*value, now_ms) : std::nullopt;
}

ReadConditions read(const wire::Headers& headers, const std::string& prefix, UnixMillis now_ms) {
  return ReadConditions{
      .if_match = text(headers, prefix + "if-match"),
      .if_none_match = text(headers, prefix + "if-none-match"),
      .if_modified_since = date(headers, prefix + "if-modified-since", now_ms),
      .if_unmodified_since = date(headers, prefix + "if-unmodified-since", now_ms),
  };
}

// HTTP dates have no fractions, so an object is as old as the second that Last-Modified shows.
UnixMillis whole_seconds(UnixMillis time) {
  return time - time % kMillisPerSecond;
}

Status failed(std::string which) {
  return fail(Errc::kPreconditionFailed, "At least one of the pre-conditions you specified did not hold: " + which);
}

}  // namespace

ReadConditions ReadConditions::of_request(const wire::Headers& headers, UnixMillis now_ms) {
  return read(headers, "", now_ms);
}

ReadConditions ReadConditions::of_copy_source(const wire::Headers& headers, UnixMillis now_ms) {
  return read(headers, std::string(kCopySourcePrefix), now_ms);
}

Verdict ReadConditions::judge(const model::ObjectInfo& object) const {
  const UnixMillis modified = whole_seconds(object.modified_ms);
  if (if_match) {
    if (!wire::if_match_holds(*if_match, object.etag)) return Verdict::kPreconditionFailed;
  } else if (if_unmodified_since && modified > *if_unmodified_since) {
    return Verdict::kPreconditionFailed;
  }
  if (if_none_match) {
    if (wire::if_none_match_hits(*if_none_match, object.etag)) return Verdict::kNotModified;
  } else if (if_modified_since && modified <= *if_modified_since) {
    return Verdict::kNotModified;
  }
  return Verdict::kPass;
}

model::Condition as_source_condition(ReadConditions conditions) {
  if (conditions.empty()) return {};
  return [conditions = std::move(conditions)](const model::ObjectInfo* source) -> Status {
    if (source == nullptr || conditions.judge(*source) == Verdict::kPass) return {};
    return failed("a condition of the copy source");
  };
}

model::Condition write_condition(const wire::Headers& headers) {
  std::optional<std::string> match = text(headers, "if-match");
  std::optional<std::string> none_match = text(headers, "if-none-match");
  if (!match && !none_match) return {};
  return [match = std::move(match), none = std::move(none_match)](const model::ObjectInfo* current) -> Status {
    if (match && current == nullptr) return fail(Errc::kNoSuchKey, "If-Match of a key that does not exist");
    if (match && !wire::if_match_holds(*match, current->etag)) return failed("If-Match");
    if (none && current != nullptr && wire::if_none_match_hits(*none, current->etag)) return failed("If-None-Match");
    return {};
  };
}

Failure write_failure(const wire::Headers& headers, const Error& error) {
  Failure failure = to_failure(error);
  const bool conditional = headers.contains("if-match") || headers.contains("if-none-match");
  if (conditional && error.code == Errc::kConflict) return Failure{Code::kConditionalRequestConflict, {}, {}};
  if (error.code == Errc::kPreconditionFailed)
    failure.fields.emplace_back("Condition", headers.contains("if-match") ? "If-Match" : "If-None-Match");
  return failure;
}

model::Condition delete_condition(DeleteConditions conditions) {
  if (!conditions.etag && !conditions.modified_ms && !conditions.size) return {};
  return [conditions = std::move(conditions)](const model::ObjectInfo* current) -> Status {
    if (current == nullptr) return {};
    if (conditions.etag && !wire::if_match_holds(*conditions.etag, current->etag)) return failed("If-Match");
    if (conditions.modified_ms && whole_seconds(*conditions.modified_ms) != whole_seconds(current->modified_ms))
      return failed("last modified time");
    if (conditions.size && *conditions.size != current->size) return failed("size");
    return {};
  };
}

Outcome<DeleteConditions> delete_conditions(const wire::Headers& headers, UnixMillis now_ms) {
  DeleteConditions out;
  out.etag = text(headers, "if-match");
  if (const auto value = headers.find("x-amz-if-match-last-modified-time")) {
    out.modified_ms = wire::parse_http_date(*value, now_ms);
    if (!out.modified_ms) out.modified_ms = wire::parse_iso8601(*value);
    if (!out.modified_ms)
      return refuse(Code::kInvalidArgument, "The time is not valid",
                    {{"ArgumentName", "x-amz-if-match-last-modified-time"}, {"ArgumentValue", std::string(*value)}});
  }
  if (const auto value = headers.find("x-amz-if-match-size")) {
    out.size = parse_u64(*value);
    if (!out.size)
      return refuse(Code::kInvalidArgument, "The size is not valid",
                    {{"ArgumentName", "x-amz-if-match-size"}, {"ArgumentValue", std::string(*value)}});
  }
  return out;
}

}  // namespace objstore::s3
