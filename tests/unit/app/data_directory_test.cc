#include "server/app/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::app;
using objstore::testing::TemporaryDirectory;
using Mode = DataDirectory::Mode;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::string with_format(std::string_view format, std::string_view incompat = "[]", std::string_view ro_compat = "[]") {
  return "{\"format\":" + std::string(format) +
         ",\"store_id\":\"00\",\"created\":\"\",\"compat\":[\"extra\"],\"ro_compat\":" + std::string(ro_compat) +
         ",\"incompat\":" + std::string(incompat) + "}";
}

}  // namespace

TEST_CASE("a first open makes a private directory with a format file, a second one finds it") {
  const TemporaryDirectory directory;
  const auto path = directory / "deep/data";
  std::string id;
  {
    const auto data = DataDirectory::open(path, Mode::kCreate);
    REQUIRE(data);
    CHECK(data->created());
    CHECK(data->format().version == 1);
    CHECK(data->format().store_id.size() == 32);
    id = data->format().store_id;
    struct stat info{};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    CHECK((info.st_mode & 0777) == 0700);
  }
  const auto again = DataDirectory::open(path, Mode::kExisting);
  REQUIRE(again);
  CHECK_FALSE(again->created());
  CHECK(again->format().store_id == id);
}

TEST_CASE("a directory that is in use is refused, and the process named") {
  const TemporaryDirectory directory;
  const auto first = DataDirectory::open(directory.path(), Mode::kCreate);
  REQUIRE(first);
  const auto second = DataDirectory::open(directory.path(), Mode::kCreate);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::kUnavailable);
  CHECK(second.error().message.find(directory.path().string()) != std::string::npos);
  CHECK(second.error().message.find(std::to_string(::getpid())) != std::string::npos);
}

TEST_CASE("a store of an unknown format or feature is refused, and nothing is written") {
  for (const auto& text : {with_format("2"), with_format("0"), with_format("1", "[\"encryption\"]"),
                           with_format("1", "[]", "[\"quota\"]")}) {
    const TemporaryDirectory directory;
    std::ofstream(directory / "format") << text;
    const auto data = DataDirectory::open(directory.path(), Mode::kCreate);
    REQUIRE_FALSE(data);
    CHECK(data.error().code == Errc::kUnsupported);
    CHECK(content(directory / "format") == text);
    CHECK(std::distance(std::filesystem::directory_iterator(directory.path()), {}) == 1);
  }
}

TEST_CASE("a compatible feature that is not known does no harm") {
  CHECK(parse_format(with_format("1")).value().compat == std::vector<std::string>{"extra"});
}

TEST_CASE("a damaged format file is refused") {
  for (const auto* text : {"", "{", "[]", "{\"format\":\"1\"}", "{\"format\":1}", "1"})
    CHECK(parse_format(text).error().code == Errc::kCorrupt);
}

TEST_CASE("a format file reads as it was written") {
  StoreFormat format;
  format.store_id = "abc";
  format.created = "2026-01-01T00:00:00.000Z";
  format.compat = {"a", "b"};
  const auto read = parse_format(format_text(format));
  REQUIRE(read);
  CHECK(read->store_id == format.store_id);
  CHECK(read->created == format.created);
  CHECK(read->compat == format.compat);
}

TEST_CASE("a directory with something else in it does not become a store") {
  const TemporaryDirectory directory;
  std::ofstream(directory / "thesis.txt") << "years of work";
  const auto data = DataDirectory::open(directory.path(), Mode::kCreate);
  REQUIRE_FALSE(data);
  CHECK(data.error().code == Errc::kInvalidArgument);
  CHECK(data.error().message.find("thesis.txt") != std::string::npos);
}

TEST_CASE("a command on a store that does not exist makes none") {
  const TemporaryDirectory directory;
  CHECK(DataDirectory::open(directory / "none", Mode::kExisting).error().code == Errc::kNotFound);
  CHECK_FALSE(std::filesystem::exists(directory / "none"));
}
