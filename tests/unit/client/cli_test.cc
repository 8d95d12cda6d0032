// The parts of objcli that are functions.
#include <catch2/catch.hpp>
#include <limits>

#include "client/cli/exit_code.h"
#include "client/cli/json_line.h"
#include "client/cli/location.h"
#include "client/cli/units.h"

namespace objstore::cli {
namespace {

TEST_CASE("an object is named with and without a scheme") {
  for (const char* text : {"bkt/a/b", "s3://bkt/a/b"}) {
    const auto path = RemotePath::parse(text);
    REQUIRE(path);
    CHECK(path->bucket.str() == "bkt");
    CHECK(path->key == "a/b");
    CHECK(path->object()->key.str() == "a/b");
  }
  CHECK(RemotePath::parse("bkt//x")->key == "/x");
  CHECK(RemotePath::parse("bkt/")->key.empty());
  CHECK(RemotePath::parse("bkt")->object().error().code == Errc::kInvalidArgument);
  CHECK(RemotePath::parse("B_k/x").error().code == Errc::kInvalidArgument);
  CHECK(RemotePath::parse("").error().code == Errc::kInvalidArgument);
}

TEST_CASE("a file keeps its name below a prefix") {
  CHECK(key_for_file("", "dir/a.txt") == "a.txt");
  CHECK(key_for_file("p/", "dir/a.txt") == "p/a.txt");
  CHECK(key_for_file("p/b.txt", "dir/a.txt") == "p/b.txt");
}

TEST_CASE("sizes are written for people") {
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(999) == "999 B");
  CHECK(human_size(1000) == "1.0 KiB");
  CHECK(human_size(1536) == "1.5 KiB");
  CHECK(human_size(10 * 1024) == "10 KiB");
  CHECK(human_size(std::uint64_t{300} << 20) == "300 MiB");
  CHECK(human_size(std::numeric_limits<std::uint64_t>::max()) == "16 EiB");
}

TEST_CASE("sizes are read as people write them") {
  CHECK(parse_size("123") == 123);
  CHECK(parse_size("8M") == 8 << 20);
  CHECK(parse_size("8MiB") == 8 << 20);
  CHECK(parse_size(" 64 mb ") == 64 << 20);
  CHECK(parse_size("1g") == 1 << 30);
  CHECK(parse_size("7B") == 7);
  for (const char* text : {"", "M", "-1", "1.5M", "8X", "8MM", "18446744073709551615k", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("durations are read as people write them") {
  CHECK(parse_seconds("90") == 90);
  CHECK(parse_seconds("15m") == 900);
  CHECK(parse_seconds("7d") == 604'800);
  CHECK_FALSE(parse_seconds("1w"));
  CHECK_FALSE(parse_seconds("99999999d"));
}

TEST_CASE("times are written in UTC") {
  CHECK(format_time(1369353600000) == "2013-05-24 00:00:00");
}

TEST_CASE("an exit code says what kind of failure it was") {
  CHECK(exit_code_of(Errc::kNoSuchKey) == 3);
  CHECK(exit_code_of(Errc::kSignatureMismatch) == 4);
  CHECK(exit_code_of(Errc::kBucketNotEmpty) == 5);
  CHECK(exit_code_of(Errc::kDigestMismatch) == 6);
  CHECK(exit_code_of(Errc::kUnreachable) == 7);
  CHECK(exit_code_of(Errc::kInvalidArgument) == 2);
}

TEST_CASE("several outcomes make one exit code") {
  Tally tally;
  CHECK(tally.exit_code() == 0);
  tally.failed(Errc::kNoSuchKey);
  CHECK(tally.exit_code() == 3);
  tally.failed(Errc::kNoSuchBucket);
  CHECK(tally.exit_code() == 3);
  tally.failed(Errc::kAccessDenied);
  CHECK(tally.exit_code() == 1);
  Tally partial;
  partial.succeeded();
  partial.failed(Errc::kNoSuchKey);
  CHECK(partial.exit_code() == 1);
  partial.failed(Errc::kCancelled);
  CHECK(partial.exit_code() == 130);
}

TEST_CASE("a JSON line is valid whatever a name holds") {
  JsonLine line;
  line.add("key", "a\"\n\xFF").add("size", std::uint64_t{7}).add("ok", true);
  CHECK(line.str() == "{\"key\":\"a\\\"\\n\xEF\xBF\xBD\",\"size\":7,\"ok\":true}");
}

}  // namespace
}  // namespace objstore::cli
