#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "client/pipeline/archive_order.h"
#include "client/pipeline/archive_read.h"
#include "client/pipeline/archive_write.h"
#include "client/pipeline/spool_file.h"
#include "common/base/bytes.h"
#include "tests/support/temporary_directory.h"

using namespace objstore;
using namespace objstore::client;
using objstore::test::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& path, std::string_view text, fs::perms mode = fs::perms(0644)) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
  fs::permissions(path, mode);
  const timespec times[2] = {{1'600'000'000, 0}, {1'600'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
}

Result<std::string> pack(const fs::path& root, const std::vector<std::string>& paths, bool stable_mtimes = false) {
  OBJSTORE_ASSIGN(ScannedTree tree, scan_tree(root.string(), paths, {}));
  sort_for_archive(tree.entries);
  std::string out;
  OBJSTORE_TRY(write_archive(tree.entries, {.root = root.string(), .stable_mtimes = stable_mtimes},
                             [&](ByteView bytes) -> Status {
                               out += as_text(bytes);
                               return {};
                             },
                             {}));
  return out;
}

Result<Unpacked> unpack(const std::string& archive, const fs::path& to) {
  OBJSTORE_ASSIGN(const auto spool, SpoolFile::create(""));
  OBJSTORE_TRY(spool->append(as_bytes(archive)));
  OBJSTORE_TRY(spool->rewind());
  OBJSTORE_ASSIGN(const auto tree, TreeExtractor::open(to.string()));
  return read_archive(spool->descriptor(), *tree, {});
}

std::string read(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Fixture {
  TemporaryDirectory temporary;
  fs::path from = fs::path(temporary.path()) / "from";
  fs::path to = fs::path(temporary.path()) / "to";
  Fixture() {
    fs::create_directory(from);
    fs::create_directory(to);
  }
};

const std::string kLongName(200, 'n');

}  // namespace

TEST_CASE_METHOD(Fixture, "a tree comes back as it was: contents, modes, times, links, empty directories, long names") {
  write(from / "a/file", "text");
  write(from / "a/tool", "#!", fs::perms(0755));
  write(from / "a/large", std::string(3'000'000, 'L'));
  write(from / "empty-file", "");
  write(from / kLongName / kLongName / "deep", "deep");
  write(from / "umlaut-\xc3\xa4", "u");
  write(from / "not-utf8-\xff", "n");
  fs::create_directory(from / "nothing-in-it");
  fs::create_symlink("a/file", from / "link");
  fs::create_symlink("nowhere", from / "dangling");
  fs::create_hard_link(from / "a/file", from / "z-hard");
  const auto archive = pack(from, {"."});
  REQUIRE(archive);
  const auto done = unpack(*archive, to);
  INFO((done ? "" : done.error().message));
  REQUIRE(done);
  CHECK(read(to / "a/file") == "text");
  CHECK(read(to / "a/large") == std::string(3'000'000, 'L'));
  CHECK(read(to / kLongName / kLongName / "deep") == "deep");
  CHECK(read(to / "umlaut-\xc3\xa4") == "u");
  CHECK(read(to / "not-utf8-\xff") == "n");
  CHECK(fs::is_empty(to / "empty-file"));
  CHECK(fs::is_directory(to / "nothing-in-it"));
  CHECK(fs::read_symlink(to / "link") == "a/file");
  CHECK(fs::read_symlink(to / "dangling") == "nowhere");
  CHECK(fs::equivalent(to / "a/file", to / "z-hard"));
  CHECK(fs::status(to / "a/tool").permissions() == fs::perms(0755));
  struct stat state{};
  REQUIRE(::stat((to / "a/file").c_str(), &state) == 0);
  CHECK(state.st_mtim.tv_sec == 1'600'000'000);
}

TEST_CASE_METHOD(Fixture, "the same tree makes the same bytes, in whatever order it was written") {
  for (const char* name : {"b/2", "a/1", "c"}) write(from / name, name);
  const fs::path other = fs::path(temporary.path()) / "other";
  for (const char* name : {"c", "a/1", "b/2"}) write(other / name, name);
  REQUIRE(pack(from, {"."}, true));
  CHECK(*pack(from, {"."}, true) == *pack(other, {"."}, true));
  CHECK(*pack(from, {"a", "b", "c"}, true) == *pack(from, {"c", "b", "a", "a/1"}, true));
}

TEST_CASE_METHOD(Fixture, "times count unless they are to be stable") {
  write(from / "f", "same");
  const auto before = pack(from, {"f"});
  const auto stable = pack(from, {"f"}, true);
  const timespec later[2] = {{1'700'000'000, 0}, {1'700'000'000, 0}};
  REQUIRE(::utimensat(AT_FDCWD, (from / "f").c_str(), later, 0) == 0);
  CHECK(*pack(from, {"f"}) != *before);
  CHECK(*pack(from, {"f"}, true) == *stable);
}

TEST_CASE_METHOD(Fixture, "paths outside of the root and paths that are not there are refused") {
  write(from / "f", "x");
  CHECK(pack(from, {"../to"}).error().code == Errc::kInvalidArgument);
  CHECK(pack(from, {"/etc"}).error().code == Errc::kInvalidArgument);
  CHECK(pack(from, {"missing"}).error().code == Errc::kNotFound);
  CHECK(pack(from, {(from / "f").string()}));
  fs::create_directory_symlink(to, from / "through");
  write(to / "g", "x");
  CHECK(pack(from, {"through/g"}).error().code == Errc::kInvalidArgument);
}

TEST_CASE_METHOD(Fixture, "a damaged or cut archive is told, not taken") {
  write(from / "f", std::string(100'000, 'f'));
  std::string archive = *pack(from, {"f"});
  CHECK(unpack(archive.substr(0, archive.size() / 2), to).error().code == Errc::kMalformed);
  archive[archive.size() / 2] = static_cast<char>(archive[archive.size() / 2] ^ 0x40);
  CHECK(unpack(archive, to).error().code == Errc::kMalformed);
  CHECK(unpack("this is no archive", to).error().code == Errc::kMalformed);
}
