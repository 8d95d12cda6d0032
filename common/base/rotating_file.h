// A file of lines that is moved aside when it has grown, with a number of old ones kept: FILE, FILE.1 (the newest old
// one), FILE.2 ... Any thread.
//
// A line is written by one call and not synced: a crash of the process loses none, one of the machine the last ones.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

namespace objstore {

struct RotatingFileOptions {
  std::string path;
  std::uint64_t bytes_max = std::uint64_t{64} << 20;
  std::uint64_t files_kept = 10;  // old ones
};

class RotatingFile {
 public:
  explicit RotatingFile(RotatingFileOptions options) : options_(std::move(options)) {}
  ~RotatingFile();
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;

  // Opens the file, anew when it is open; mode 0600. kIo.
  Status open();
  // Adds the newline. kIo: the line, or a part of it, is lost; the next one tries again.
  Status write_line(std::string_view line);

 private:
  Status open_locked();
  Status rotate_locked();

  const RotatingFileOptions options_;
  std::mutex mutex_;
  int fd_ = -1;             // guarded by mutex_
  std::uint64_t size_ = 0;  // guarded by mutex_
};

}  // namespace objstore
