// The file that remembers a multipart upload under way, so that the same call can go on with it.
//
// Locked while it is open: one call uses it at a time. One thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/wire/checksum.h"

namespace objstore::client {

struct UploadState {
  std::string target{};    // digest of endpoint, bucket and key: whose the id is
  std::string identity{};  // digest of all that must be the same to go on: also the file's state and the headers
  std::string upload_id{};
  std::uint64_t part_size = 0;
  wire::ChecksumAlgorithm algorithm = wire::ChecksumAlgorithm::kCrc64Nvme;
};

class UploadStateFile {
 public:
  // Nothing when another call has it, or when it cannot be made: then an upload goes without it.
  static std::unique_ptr<UploadStateFile> open(const std::string& path);
  ~UploadStateFile();
  UploadStateFile(const UploadStateFile&) = delete;
  UploadStateFile& operator=(const UploadStateFile&) = delete;

  // Nothing when it is empty or not understood.
  std::optional<UploadState> read() const;
  // Survives this process, not a power cut: what is lost then is only the saving.
  Status write(const UploadState& state);
  // It has served.
  void remove();

 private:
  UploadStateFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  const std::string path_;
  const int fd_;
  bool written_ = false;
};

}  // namespace objstore::client
