#include "client/pipeline/artifact_manifest.h"

#include <catch2/catch.hpp>

using namespace objstore;
using namespace objstore::client;

namespace {

const std::string kHash(64, 'a');

ManifestEntry file(std::string path) {
  ManifestEntry out{.entry = {.path = std::move(path), .mode = 0644, .mtime_s = -5, .mtime_ns = 999, .size = 12}};
  out.sha256 = kHash;
  return out;
}

std::string with_line(const std::string& line) {
  return "objstore-artifact 1\n" + line + "\n";
}

const std::string kFile = "F 0644 1 2 12 " + kHash + " path";

Errc refusal(const std::string& text) {
  const auto read = read_manifest(text);
  REQUIRE_FALSE(read);
  return read.error().code;
}

}  // namespace

TEST_CASE("a manifest reads as it was written, whatever the names") {
  std::vector<ManifestEntry> entries;
  ManifestEntry directory{.entry = {.path = "d r", .kind = EntryKind::kDirectory, .mode = 01777}};
  ManifestEntry link{.entry = {.path = "d r/link", .kind = EntryKind::kSymlink, .mode = 0777}};
  link.entry.target = "../with space\n%41";
  entries.push_back(directory);
  entries.push_back(file("d r/line\nfeed"));
  entries.push_back(link);
  entries.push_back(file("\xff\xfe not UTF-8"));
  const auto read = read_manifest(write_manifest(entries));
  REQUIRE(read);
  REQUIRE(read->size() == entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CHECK((*read)[i].entry.kind == entries[i].entry.kind);
    CHECK((*read)[i].entry.path == entries[i].entry.path);
    CHECK((*read)[i].entry.mode == entries[i].entry.mode);
    CHECK((*read)[i].entry.mtime_s == entries[i].entry.mtime_s);
    CHECK((*read)[i].entry.mtime_ns == entries[i].entry.mtime_ns);
    CHECK((*read)[i].entry.target == entries[i].entry.target);
    CHECK((*read)[i].sha256 == entries[i].sha256);
  }
  CHECK((*read)[1].entry.size == 12);
}

TEST_CASE("equal trees have equal manifests, byte by byte") {
  CHECK(write_manifest({file("a b")}) == with_line("F 0644 -5 999 12 " + kHash + " a%20b"));
  CHECK(write_manifest({}) == "objstore-artifact 1\n");
}

TEST_CASE("a manifest of a later version is told from one that is broken") {
  CHECK(refusal("objstore-artifact 2\n") == Errc::kUnsupported);
  CHECK(refusal("") == Errc::kMalformed);
  CHECK(refusal("objstore-artifac") == Errc::kMalformed);
}

TEST_CASE("lines that say too little, too much or nonsense are refused") {
  REQUIRE(read_manifest(with_line(kFile)));
  CHECK(refusal("objstore-artifact 1\n" + kFile) == Errc::kMalformed);  // broken off
  for (const std::string& line :
       {std::string(), kFile + " more", "F 0644 1 2 12 " + kHash, "X" + kFile.substr(1),
        "F 0999 1 2 12 " + kHash + " p", "F 0644 x 2 12 " + kHash + " p", "F 0644 1 2 -1 " + kHash + " p",
        "F 0644 1 2 12 " + kHash.substr(2) + " p", "F 0644 1 2 12 " + kHash + " ", "F 0644 1 2 12 " + kHash + " %zz",
        std::string("L 0777 1 2 -  path")}) {
    INFO(line);
    CHECK(refusal(with_line(line)) == Errc::kMalformed);
  }
}
