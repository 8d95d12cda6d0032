#include "server/auth/private_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "tests/unit/auth/temporary.h"

using namespace objstore;
using namespace objstore::auth;
using objstore::testing::TemporaryDirectory;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

}  // namespace

TEST_CASE("a private file is its owner's alone, whatever the umask and whatever lay there") {
  const TemporaryDirectory directory;
  const auto path = directory / "key";
  std::ofstream(path) << "old and public";
  std::filesystem::permissions(path, std::filesystem::perms(0644));
  std::ofstream(directory / "key.new") << "left by a crash";
  REQUIRE(write_private_file(path, "new"));
  CHECK(mode_of(path) == 0600);
  CHECK(read_private_file(path)->value() == "new");
  CHECK_FALSE(std::filesystem::exists(directory / "key.new"));
}

TEST_CASE("a private file that others may read is refused") {
  const TemporaryDirectory directory;
  const auto path = directory / "key";
  REQUIRE(write_private_file(path, "text"));
  std::filesystem::permissions(path, std::filesystem::perms(0640));
  CHECK(read_private_file(path).error().code == Errc::kAccessDenied);
  CHECK(read_small_file(path)->value() == "text");
}

TEST_CASE("a missing file is nothing, a large one an error") {
  const TemporaryDirectory directory;
  CHECK(read_private_file(directory / "none")->has_value() == false);
  REQUIRE(write_private_file(directory / "large", std::string(5000, 'x')));
  CHECK(read_small_file(directory / "large", 4999).error().code == Errc::kTooLarge);
  CHECK(read_small_file(directory / "large", 5000)->value().size() == 5000);
  CHECK(write_private_file(directory / "no", "").has_value());
  CHECK(write_private_file(directory / "no/such/directory", "").error().code == Errc::kIo);
}
