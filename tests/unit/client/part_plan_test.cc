#include "client/lib/part_plan.h"

#include <catch2/catch.hpp>

#include "client/lib/content_type.h"

namespace objstore::client {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

TEST_CASE("the part size is what was asked for while 10,000 parts are enough") {
  CHECK(part_size_for(100 * kMiB, 8 * kMiB).value() == 8 * kMiB);
  CHECK(part_size_for(kPartsMax * 8 * kMiB, 8 * kMiB).value() == 8 * kMiB);
}

TEST_CASE("larger bodies get larger parts, never more than 10,000") {
  for (const std::uint64_t total : {kPartsMax * 8 * kMiB + 1, std::uint64_t{5} << 40, kObjectBytesMax}) {
    const std::uint64_t size = part_size_for(total, 8 * kMiB).value();
    CHECK((total + size - 1) / size <= kPartsMax);
    CHECK(size % kMiB == 0);
    CHECK(size <= kPartBytesMax);
  }
}

TEST_CASE("parts stay within S3's limits, objects too") {
  CHECK(part_size_for(100 * kMiB, 1).value() == kPartBytesMin);
  CHECK(part_size_for(kObjectBytesMax + 1, 8 * kMiB).error().code == Errc::kTooLarge);
}

TEST_CASE("parts of a stream grow so that 10,000 hold 5 TiB") {
  std::uint64_t sum = 0;
  std::uint64_t last = 0;
  for (std::uint64_t number = 1; number <= kPartsMax; ++number) {
    const std::uint64_t size = stream_part_size(number, 8 * kMiB);
    CHECK(size >= last);
    CHECK(size <= kPartBytesMax);
    last = size;
    sum += size;
  }
  CHECK(stream_part_size(1, 8 * kMiB) == 8 * kMiB);
  CHECK(stream_part_size(1000, 8 * kMiB) == 8 * kMiB);
  CHECK(stream_part_size(1001, 8 * kMiB) == 16 * kMiB);
  CHECK(sum >= std::uint64_t{5} << 40);
}

TEST_CASE("a media type is guessed by the last ending") {
  CHECK(guess_content_type("a/b/index.HTML") == "text/html");
  CHECK(guess_content_type("app.tar.gz") == "application/gzip");
  CHECK(guess_content_type("x.zst") == "application/zstd");
  CHECK(guess_content_type("dir.html/file") == "application/octet-stream");
  CHECK(guess_content_type(".html") == "application/octet-stream");
  CHECK(guess_content_type("") == "application/octet-stream");
  CHECK(guess_content_type("name.") == "application/octet-stream");
}

}  // namespace
}  // namespace objstore::client
