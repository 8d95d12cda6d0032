#include "client/lib/upload_state.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "tests/support/temporary_directory.h"

namespace objstore::client {
namespace {

struct Folder {
  test::TemporaryDirectory directory;
  std::string file() const { return (path / "upload").string(); }
  std::filesystem::path path = directory.path();
};

const UploadState kState{.target = "t", .identity = "i", .upload_id = "id with\nline", .part_size = 8 << 20};

TEST_CASE("what was written is read by the next one") {
  const Folder folder;
  {
    const auto file = UploadStateFile::open(folder.file());
    REQUIRE(file);
    CHECK_FALSE(file->read());
    REQUIRE(file->write(kState));
  }
  const auto file = UploadStateFile::open(folder.file());
  const auto state = file->read();
  REQUIRE(state);
  CHECK(state->upload_id == kState.upload_id);
  CHECK(state->part_size == kState.part_size);
  file->remove();
  CHECK_FALSE(std::filesystem::exists(folder.file()));
}

TEST_CASE("one call uses it at a time, and one that wrote nothing leaves nothing") {
  const Folder folder;
  {
    const auto first = UploadStateFile::open(folder.file());
    CHECK(first);
    CHECK_FALSE(UploadStateFile::open(folder.file()));
  }
  CHECK_FALSE(std::filesystem::exists(folder.file()));
}

TEST_CASE("a file that is torn or of another kind says nothing") {
  const Folder folder;
  REQUIRE(UploadStateFile::open(folder.file())->write(kState));
  const auto size = std::filesystem::file_size(folder.file());
  for (std::uintmax_t length = 1; length + 1 < size; ++length) {
    std::filesystem::resize_file(folder.file(), size);
    REQUIRE(UploadStateFile::open(folder.file())->write(kState));
    std::filesystem::resize_file(folder.file(), length);
    CHECK_FALSE(UploadStateFile::open(folder.file())->read());
  }
  std::ofstream(folder.file()) << "something else\n";
  CHECK_FALSE(UploadStateFile::open(folder.file())->read());
}

}  // namespace
}  // namespace objstore::client
