#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/base/log_text.h"

using namespace objstore;

namespace {

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

struct TempDir {
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "objstore-log-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TempDir() { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

}  // namespace

TEST_CASE("no byte of a value can start a line or colour a terminal") {
  CHECK(log::escape("a\r\nb\x1b[31m") == "a\\x0d\\x0ab\\x1b[31m");
  CHECK(log::escape("\"\\") == "\\x22\\x5c");
  CHECK(log::escape("gr\xc3\xbcn \xff \xc2\x9b") == "gr\xc3\xbcn \\xff \\xc2\\x9b");
}

TEST_CASE("text lines quote what has spaces") {
  CHECK(log::format_text("started", {{"port", std::int64_t{9000}}, {"tls", false}, {"key", "a b"}, {"empty", ""}}) ==
        "started port=9000 tls=false key=\"a b\" empty=\"\"");
}

TEST_CASE("JSON lines are JSON whatever the value holds") {
  CHECK(log::format_json("x", {{"k", "a\"b\\c\n\xff\x7f"}, {"d", 1.5}}) ==
        R"("message":"x","k":"a\"b\\c\u000a\ufffd\u007f","d":1.5)");
}

TEST_CASE("lines go to the file, above the level, and to the new one after a rotation") {
  TempDir dir;
  const auto file = dir.path / "log";
  REQUIRE(log::configure({.level = log::Level::kInfo, .format = log::Format::kJson, .file = file.string()}));
  log::debug("unseen");
  log::info("first", {{"n", std::int64_t{1}}});
  CHECK_FALSE(log::enabled(log::Level::kDebug));
  std::filesystem::rename(file, dir.path / "log.1");
  REQUIRE(log::reopen());
  log::error("second");
  const std::string old_text = slurp(dir.path / "log.1");
  CHECK_THAT(old_text, Catch::Contains(R"("level":"info","message":"first","n":1})"));
  CHECK_THAT(old_text, !Catch::Contains("unseen") && !Catch::Contains("second"));
  CHECK_THAT(slurp(file), Catch::Contains(R"("message":"second")"));
  REQUIRE(log::configure({.level = log::Level::kWarn, .format = log::Format::kText, .file = {}}));
}

TEST_CASE("a log that cannot be opened is an error, and the old one stays") {
  TempDir dir;
  const auto result =
      log::configure({.level = log::Level::kInfo, .format = log::Format::kText, .file = dir.path.string()});
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Errc::kIo);
}
