// A directory that lives as long as the test that made it.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace objstore::test {

// For fixtures: Catch2 and the project both have a CHECK, and a fixture has no test to fail.
inline void must(bool expected) {
  if (!expected) std::abort();
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "objstore-test-XXXXXX").string();
    must(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace objstore::test
