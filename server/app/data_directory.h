// The data directory of one store: its format file, its lock and the names of what lies in it.
//
// Held by the process that serves it (or changes it offline) from open() to the end. docs/operations.md lists the
// files.
#pragma once

#include <objstore/error.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "server/storage/store_lock.h"

namespace objstore::app {

// Content of the file `format`. A build refuses what it does not know, before it writes anything.
struct StoreFormat {
  static constexpr int kVersion = 1;
  int version = kVersion;
  std::string store_id;                // 32 hexadecimal digits
  std::string created;                 // ISO 8601
  std::vector<std::string> compat;     // a build that does not know one may read and write
  std::vector<std::string> ro_compat;  // ... may only read
  std::vector<std::string> incompat;   // ... may do neither

  // Incompat features that this build knows.
  static constexpr std::string_view kSegmentDirectories = "segment-directories";  // segments lie in further places
};

std::string format_text(const StoreFormat& format);
// kCorrupt: not such a document. kUnsupported: a version or feature that this build does not know.
Result<StoreFormat> parse_format(std::string_view text);

class DataDirectory {
 public:
  enum class Mode : std::uint8_t { kCreate, kExisting };
  // Makes directory and format file where there are none (kCreate). kUnavailable: another process has it, which the
  // message names. kUnsupported, kCorrupt: the format file. kInvalidArgument: a directory with something else in it.
  // kNotFound (kExisting): no store there. kIo.
  static Result<DataDirectory> open(const std::filesystem::path& path, Mode mode);

  // Where the format file is lost: writes it as it was. Makes the directory. Errors as of open().
  static Result<DataDirectory> open_again(const std::filesystem::path& path, StoreFormat format);

  bool created() const noexcept { return created_; }  // by this open()
  const StoreFormat& format() const noexcept { return format_; }
  // Writes an incompat feature down, durably, before it is used for the first time. kIo.
  Status require_feature(std::string_view feature);
  const std::filesystem::path& path() const noexcept { return path_; }
  std::filesystem::path metadata() const { return path_ / "metadata"; }
  std::filesystem::path segments() const { return path_ / "segments"; }
  std::filesystem::path checkpoints() const { return path_ / "checkpoints"; }
  std::filesystem::path root_credentials() const { return path_ / "root-credentials"; }
  std::filesystem::path secret_key() const { return path_ / "secret-key"; }
  std::filesystem::path endpoint() const { return path_ / "endpoint"; }

 private:
  DataDirectory(std::filesystem::path path, storage::StoreLock lock, StoreFormat format, bool created)
      : path_(std::move(path)), lock_(std::move(lock)), format_(std::move(format)), created_(created) {}
  std::filesystem::path path_;
  storage::StoreLock lock_;
  StoreFormat format_;
  bool created_;
};

}  // namespace objstore::app
