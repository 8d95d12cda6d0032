// Byte ranges as S3 reads them. Pure functions, any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace objstore::wire {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t length = 0;  // never 0
  std::uint64_t last() const noexcept { return first + length - 1; }
  bool operator==(const ByteRange&) const = default;
};

// value: of the Range header; size: bytes of the object. Nothing when the header is to be ignored and the whole object
// sent: malformed, another unit, several ranges. kInvalidRange: well-formed, and no byte of the object is in it
// ("bytes=-0", beyond the end, anything on an empty object).
Result<std::optional<ByteRange>> parse_range(std::string_view value, std::uint64_t size);

// x-amz-copy-source-range: "bytes=first-last", both given and inside the source. kInvalidArgument else; kInvalidRange
// when it ends beyond the source.
Result<ByteRange> parse_copy_source_range(std::string_view value, std::uint64_t size);

// "bytes 0-9/100"
std::string content_range(const ByteRange& range, std::uint64_t size);
// "bytes */100": with 416
std::string content_range_unsatisfied(std::uint64_t size);

}  // namespace objstore::wire
