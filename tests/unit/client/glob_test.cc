// Patterns, filters, and the order of a tree.
#include <objstore/tree.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

namespace objstore::client {
namespace {

TEST_CASE("a star stays within a directory, two do not") {
  CHECK(glob_matches("*.log", "a.log"));
  CHECK_FALSE(glob_matches("*.log", "d/a.log"));
  CHECK(glob_matches("**.log", "d/e/a.log"));
  CHECK(glob_matches("d/*/a.log", "d/e/a.log"));
  CHECK_FALSE(glob_matches("d/*/a.log", "d/e/f/a.log"));
  CHECK(glob_matches("d/**/a.log", "d/e/f/a.log"));
  CHECK(glob_matches("d/**/a.log", "d/a.log"));
  CHECK(glob_matches("**", ""));
  CHECK(glob_matches("*", ""));
  CHECK_FALSE(glob_matches("?", ""));
  CHECK(glob_matches("a*b*c", "aXbXbXc"));
  CHECK_FALSE(glob_matches("a*b*c", "aXbX/c"));
  CHECK(glob_matches("**/x/*.c", "a/x/b/x/f.c"));
}

TEST_CASE("a set holds ranges, its negation the others, and never a slash") {
  CHECK(glob_matches("f[0-9]", "f7"));
  CHECK_FALSE(glob_matches("f[!0-9]", "f7"));
  CHECK(glob_matches("f[!0-9]", "fx"));
  CHECK_FALSE(glob_matches("f[!0-9]", "f/"));
  CHECK(glob_matches("f[]x]", "f]"));
  CHECK(glob_matches("f[a-]", "f-"));
  CHECK(glob_matches("f[", "f["));
  CHECK(glob_matches("\\*", "*"));
  CHECK_FALSE(glob_matches("\\*", "x"));
}

TEST_CASE("a pattern that matches nothing ends soon") {
  CHECK_FALSE(glob_matches(std::string(200, '*') + "b", std::string(1000, 'a')));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "*a";
  CHECK_FALSE(glob_matches(many + "b", std::string(1000, 'a')));
}

TEST_CASE("a filter takes what is included and not excluded") {
  const auto filter = PathFilter::create({"*.c", "/doc"}, {"old", "src/gen/*"}).value();
  CHECK(filter.matches("a.c"));
  CHECK(filter.matches("src/b.c"));
  CHECK(filter.matches("doc/x/y.txt"));
  CHECK_FALSE(filter.matches("src/doc/y.txt"));
  CHECK_FALSE(filter.matches("old/a.c"));
  CHECK_FALSE(filter.matches("src/old/deep/a.c"));
  CHECK_FALSE(filter.matches("src/gen/x/a.c"));
  CHECK(PathFilter().matches("anything"));
  CHECK(PathFilter::create({""}, {}).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a key that would leave the directory is no file's path") {
  CHECK(file_path_for("a/b.txt") == "a/b.txt");
  CHECK(file_path_for("..a/b..") == "..a/b..");
  CHECK_FALSE(file_path_for(std::string("a\0b", 3)));
  for (const char* path : {"", "/a", "a/", "a//b", ".", "../a", "a/.."}) CHECK_FALSE(file_path_for(path));
}

TEST_CASE("a directory is read in the order of a listing") {
  const test::TemporaryDirectory directory;
  const std::filesystem::path root = directory.path();
  const std::vector<std::string> names = {"a-x", "a.b", "a/b", "a/c/d", "a0", "z"};
  for (const auto& name : names) {
    std::filesystem::create_directories((root / name).parent_path());
    std::ofstream(root / name) << "x";
  }
  std::filesystem::create_symlink("z", root / "link");
  auto client = Client::create({.endpoint = "http://127.0.0.1:1"}).value();
  const auto tree = read_tree(client, Directory{root.string()}, {}, false);
  std::vector<std::string> seen;
  while (const auto entry = tree->next().value()) seen.push_back(entry->path);
  CHECK(seen == names);
  CHECK(tree->passed_over() == 1);
  std::filesystem::remove_all(root);
  CHECK(read_tree(client, Directory{root.string()}, {}, false)->next().error().code == Errc::kNotFound);
  CHECK_FALSE(read_tree(client, Directory{root.string()}, {}, true)->next().value());
}

}  // namespace
}  // namespace objstore::client
