#include "client/lib/file_sink.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_directory.h"

namespace objstore::client {
namespace {

namespace fs = std::filesystem;

struct Directory {
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
  std::string read(const char* name) const {
    std::ostringstream out;
    out << std::ifstream(path / name).rdbuf();
    return out.str();
  }
  std::string file(const char* name) const { return (path / name).string(); }
  test::TemporaryDirectory directory;
  fs::path path = directory.path();
};

TEST_CASE("a file has its name only when it is committed") {
  const Directory directory;
  auto sink = FileSink::open(directory.file("a")).value();
  REQUIRE(sink->write(as_bytes("hello")));
  CHECK_FALSE(fs::exists(directory.file("a")));
  REQUIRE(sink->commit(true));
  CHECK(directory.read("a") == "hello");
  sink.reset();
  CHECK(directory.entries() == 1);
}

TEST_CASE("what is not committed leaves nothing and replaces nothing") {
  const Directory directory;
  std::ofstream(directory.file("a")) << "old";
  auto sink = FileSink::open(directory.file("a")).value();
  REQUIRE(sink->write(as_bytes("new")));
  sink.reset();
  CHECK(directory.read("a") == "old");
  CHECK(directory.entries() == 1);
}

TEST_CASE("a file that is replaced keeps its permissions, and a link keeps pointing") {
  const Directory directory;
  std::ofstream(directory.file("a")) << "old";
  fs::permissions(directory.file("a"), fs::perms::owner_read | fs::perms::owner_write);
  fs::create_symlink("a", directory.file("link"));
  auto sink = FileSink::open(directory.file("link")).value();
  REQUIRE(sink->write(as_bytes("new")));
  REQUIRE(sink->commit(false));
  CHECK(fs::is_symlink(directory.file("link")));
  CHECK(directory.read("a") == "new");
  CHECK(fs::status(directory.file("a")).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
}

TEST_CASE("a name of 255 bytes can be written") {
  const Directory directory;
  const std::string name(255, 'n');
  auto sink = FileSink::open(directory.file(name.c_str())).value();
  REQUIRE(sink->commit(false));
  CHECK(fs::exists(directory.path / name));
}

TEST_CASE("a device is written to and stays what it is") {
  auto sink = FileSink::open("/dev/null").value();
  REQUIRE(sink->write(as_bytes("x")));
  REQUIRE(sink->commit(true));
  CHECK(fs::is_character_file("/dev/null"));
}

TEST_CASE("what cannot be written is told by its kind") {
  const Directory directory;
  CHECK(FileSink::open(directory.file("no/such")).error().code == Errc::kNotFound);
  CHECK(FileSink::open(directory.path.string()).error().code == Errc::kInvalidArgument);
}

}  // namespace
}  // namespace objstore::client
