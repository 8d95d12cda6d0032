#include "common/base/rotating_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

using namespace objstore;
namespace fs = std::filesystem;

namespace {

struct Folder {
  Folder() {
    std::string name = (fs::temp_directory_path() / "objstore-rotate-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
  std::string read(const std::string& name) const {
    std::ifstream in(path / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::string file() const { return (path / "log").string(); }
  fs::path path;
};

}  // namespace

TEST_CASE("a file that has grown is moved aside, and so many old ones are kept") {
  const Folder folder;
  RotatingFile file({.path = folder.file(), .bytes_max = 8, .files_kept = 2});
  for (const char* line : {"one", "two", "three", "four", "five"}) REQUIRE(file.write_line(line));
  CHECK(folder.read("log") == "five\n");
  CHECK(folder.read("log.1") == "four\n");
  CHECK(folder.read("log.2") == "three\n");
  CHECK_FALSE(fs::exists(folder.path / "log.3"));
  struct stat info{};
  REQUIRE(::stat(folder.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
}

TEST_CASE("what is there is added to, and a line above the limit is written whole") {
  const Folder folder;
  std::ofstream(folder.file()) << "old\n";
  RotatingFile file({.path = folder.file(), .bytes_max = 10, .files_kept = 1});
  REQUIRE(file.open());
  REQUIRE(file.write_line("new"));
  CHECK(folder.read("log") == "old\nnew\n");
  REQUIRE(file.write_line(std::string(50, 'x')));
  CHECK(folder.read("log") == std::string(50, 'x') + "\n");
  CHECK(folder.read("log.1") == "old\nnew\n");
}

TEST_CASE("no old file is kept where none is wanted, and a file that was moved is opened anew") {
  const Folder folder;
  RotatingFile file({.path = folder.file(), .bytes_max = 4, .files_kept = 0});
  REQUIRE(file.write_line("one"));
  REQUIRE(file.write_line("two"));
  CHECK(folder.read("log") == "two\n");
  CHECK_FALSE(fs::exists(folder.path / "log.1"));
  fs::rename(folder.file(), folder.path / "away");
  REQUIRE(file.open());
  REQUIRE(file.write_line("3"));
  CHECK(folder.read("log") == "3\n");
}

TEST_CASE("a folder that is not there is an error, and the next line tries again") {
  const Folder folder;
  const auto later = folder.path / "later";
  RotatingFile file({.path = (later / "log").string()});
  CHECK(file.write_line("lost").error().code == Errc::kIo);
  fs::create_directory(later);
  CHECK(file.write_line("there"));
}

TEST_CASE("lines of several threads stay whole") {
  const Folder folder;
  RotatingFile file({.path = folder.file(), .bytes_max = 1 << 20, .files_kept = 1});
  {
    std::vector<std::jthread> threads;
    for (char c : {'a', 'b', 'c', 'd'})
      threads.emplace_back([&file, c] {
        for (int i = 0; i < 200; ++i) static_cast<void>(file.write_line(std::string(20, c)));
      });
  }
  std::ifstream in(folder.file());
  int lines = 0;
  for (std::string line; std::getline(in, line); ++lines) CHECK(line == std::string(20, line.empty() ? '?' : line[0]));
  CHECK(lines == 800);
}
