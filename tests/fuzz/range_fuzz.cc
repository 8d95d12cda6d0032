// Lines: a size, then one value that is read as a range, as tags and as times.
#include "common/base/check.h"
#include "common/wire/etag.h"
#include "common/wire/ranges.h"
#include "common/wire/time.h"
#include "tests/fuzz/fuzz.h"

using namespace objstore;
using namespace objstore::wire;

namespace {

constexpr UnixMillis kNow = 1369353600000;

void check_inside(const ByteRange& range, std::uint64_t size) {
  CHECK(range.length > 0 && range.first < size && range.length <= size - range.first);
  CHECK(parse_range(content_range(range, size).replace(5, 1, "=").substr(0, content_range(range, size).find('/')),
                    size) == range);
}

void check_times(std::string_view value) {
  if (const auto time = parse_amz_date(value)) CHECK(parse_amz_date(format_amz_date(*time)) == *time);
  if (const auto time = parse_iso8601(value); time && *time >= 0) CHECK(parse_iso8601(format_iso8601(*time)) == *time);
  if (const auto time = parse_http_date(value, kNow)) CHECK(parse_http_date(format_http_date(*time), kNow) == *time);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = fuzz::text_of(data, size);
  const std::uint64_t object_size = parse_u64(fuzz::take_line(text)).value_or(0);
  if (const auto range = parse_range(text, object_size); range && *range) check_inside(**range, object_size);
  if (const auto range = parse_copy_source_range(text, object_size)) check_inside(*range, object_size);
  CHECK(!if_match_holds(text, "abc") || if_none_match_hits(text, "abc"));
  CHECK(unquote_etag(quote_etag(text)) == text);
  check_times(text);
  return 0;
}
