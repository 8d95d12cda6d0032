// Where backups lie: named blobs of bytes in a directory or in a bucket. A port; both adapters do the same.
//
// Names are relative paths of a few fixed folders. What is put is there as a whole and on stable storage when the call
// returns, or not at all. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/bytes.h"

namespace objstore::backup {

class BackupTarget {
 public:
  virtual ~BackupTarget() = default;
  virtual Status put_file(const std::string& name, const std::filesystem::path& from) = 0;
  virtual Status put_bytes(const std::string& name, std::string_view content) = 0;
  // From the beginning to the end; kNotFound, kIo, and what `take` answers.
  virtual Status get(const std::string& name, const std::function<Status(ByteView)>& take) = 0;
  // Names below the folder, with their sizes; empty when there is none.
  virtual Result<std::map<std::string, std::uint64_t>> list(const std::string& folder) = 0;
  virtual Status remove(const std::string& name) = 0;  // success when it is not there
};

struct S3Options {
  std::string endpoint;  // empty: from the environment or the profile
  std::string region;    // likewise
  std::string profile;
};

// "s3://bucket/prefix", else a directory, which is made when `create` is set. Credentials as the AWS tools find them.
// kInvalidArgument: the place cannot be understood, or lacks credentials. kNotFound: no such directory.
Result<std::unique_ptr<BackupTarget>> open_target(const std::string& place, const S3Options& options, bool create);

// All of one name. kTooLarge above `limit`.
Result<std::string> get_bytes(BackupTarget& target, const std::string& name, std::size_t limit);

}  // namespace objstore::backup
