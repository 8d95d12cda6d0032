#include "client/pipeline/tree_extractor.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

using namespace objstore;
using namespace objstore::client;
using objstore::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

constexpr EntryTimes kTimes{1'600'000'000, 5};

struct Fixture {
  TemporaryDirectory temporary;
  fs::path outside = fs::path(temporary.path()) / "outside";
  fs::path root = fs::path(temporary.path()) / "root";
  std::unique_ptr<TreeExtractor> tree;

  Fixture() {
    fs::create_directory(outside);
    fs::create_directory(root);
    std::ofstream(outside / "secret") << "untouched";
    auto opened = TreeExtractor::open(root.string());
    REQUIRE(opened);
    tree = std::move(*opened);
  }
  Status file(const std::string& path, std::string_view text) {
    OBJSTORE_TRY(tree->begin_file(path, 0644, kTimes));
    OBJSTORE_TRY(tree->write_at(0, as_bytes(text)));
    return tree->end_file(text.size());
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "files, directories and links appear with their modes and times") {
  REQUIRE(tree->make_directory("a", 0555, kTimes));
  REQUIRE(file("a/b/c", "hello"));
  REQUIRE(tree->make_symlink("a/link", "b/c", kTimes));
  REQUIRE(tree->make_hardlink("hard", "a/b/c"));
  REQUIRE(tree->finish());
  CHECK(read(root / "a/b/c") == "hello");
  CHECK(fs::read_symlink(root / "a/link") == "b/c");
  CHECK(fs::hard_link_count(root / "hard") == 2);
  struct stat state{};
  REQUIRE(::stat((root / "a").c_str(), &state) == 0);
  CHECK((state.st_mode & 07777) == 0555);
  CHECK(state.st_mtim.tv_sec == kTimes.mtime_s);
  fs::permissions(root / "a", fs::perms::owner_all);  // so that it can be removed
}

TEST_CASE_METHOD(Fixture, "names that lead outside are refused and nothing is written there") {
  for (const std::string path : {"/etc/x", "../outside/secret", "a/../../outside/secret", "..", "a/.."}) {
    INFO(path);
    CHECK(file(path, "bad").error().code == Errc::kMalformed);
    CHECK(tree->make_directory(path, 0755, kTimes).error().code == Errc::kMalformed);
    CHECK(tree->make_symlink(path, "x", kTimes).error().code == Errc::kMalformed);
    CHECK(tree->make_hardlink("here", path).error().code == Errc::kMalformed);
  }
  CHECK(read(outside / "secret") == "untouched");
  CHECK(fs::is_empty(root));
}

TEST_CASE_METHOD(Fixture, "a path through a symbolic link is refused, whoever made the link") {
  REQUIRE(tree->make_symlink("out", outside.string(), kTimes));
  CHECK(file("out/secret", "bad").error().code == Errc::kMalformed);
  CHECK(tree->make_directory("out/new", 0755, kTimes).error().code == Errc::kMalformed);
  CHECK(tree->make_hardlink("mine", "out/secret").error().code == Errc::kMalformed);
  fs::create_directory_symlink(outside, root / "before");
  CHECK(file("before/secret", "bad").error().code == Errc::kMalformed);
  CHECK(tree->make_directory("before", 0755, kTimes).error().code == Errc::kConflict);
  CHECK(read(outside / "secret") == "untouched");
  CHECK_FALSE(fs::exists(outside / "new"));
}

TEST_CASE_METHOD(Fixture, "a file replaces a link of its name instead of writing through it") {
  REQUIRE(tree->make_symlink("name", (outside / "secret").string(), kTimes));
  REQUIRE(file("name", "mine"));
  CHECK(read(root / "name") == "mine");
  CHECK_FALSE(fs::is_symlink(root / "name"));
  CHECK(read(outside / "secret") == "untouched");
}

TEST_CASE_METHOD(Fixture, "a hard link to a symbolic link is refused") {
  REQUIRE(tree->make_symlink("link", (outside / "secret").string(), kTimes));
  CHECK(tree->make_hardlink("mine", "link").error().code == Errc::kMalformed);
}

TEST_CASE_METHOD(Fixture, "bits that raise privileges are dropped") {
  REQUIRE(tree->begin_file("tool", 06755, kTimes));
  REQUIRE(tree->end_file(0));
  struct stat state{};
  REQUIRE(::stat((root / "tool").c_str(), &state) == 0);
  CHECK((state.st_mode & 07777) == 0755);
}

TEST_CASE_METHOD(Fixture, "a directory in the way of a file stays") {
  fs::create_directories(root / "d/e");
  CHECK(file("d", "x").error().code == Errc::kConflict);
  CHECK(fs::is_directory(root / "d/e"));
}
