// Text that fits a terminal.
#include "client/cli/terminal.h"

#include <catch2/catch.hpp>

namespace objstore::cli {
namespace {

TEST_CASE("wide characters take two columns, combining ones none") {
  CHECK(columns_of("abc") == 3);
  CHECK(columns_of("日本") == 4);
  CHECK(columns_of("e\xCC\x81") == 1);
  CHECK(columns_of("\xFF") == 1);
}

TEST_CASE("a text that is too long keeps its start and its end") {
  CHECK(shortened("short", 10) == "short");
  const std::string cut = shortened("a-long-name-with-an-end.txt", 14);
  CHECK(columns_of(cut) <= 14);
  CHECK(cut.starts_with("a-lo"));
  CHECK(cut.ends_with("end.txt"));
  for (std::size_t columns = 0; columns < 20; ++columns)
    CHECK(columns_of(shortened("日本語の長い名前です", columns)) <= columns);
}

TEST_CASE("a line of progress is narrower than the terminal") {
  const std::string bar = progress_bar(1, 4, false);
  CHECK(bar.contains("25%"));
  for (const std::size_t width : {10U, 30U, 50U, 80U, 200U}) {
    CHECK(columns_of(fit(bar, std::string(300, 'n'), "12 MiB of 40 MiB", width)) < width);
    CHECK(columns_of(fit({}, {}, "12 MiB of 40 MiB, 3 MiB/s, 12 s left", width)) < width);
  }
}

TEST_CASE("times are said as people say them") {
  CHECK(duration_text(4) == "4 s");
  CHECK(duration_text(125) == "2 min 05 s");
  CHECK(duration_text(3 * 3600 + 7 * 60 + 9) == "3 h 07 min");
}

}  // namespace
}  // namespace objstore::cli
