// A file that has its name only when it is whole. One thread at a time.
#pragma once

#include <objstore/error.h>

#include <memory>
#include <string>

#include "common/base/bytes.h"

namespace objstore::client {

class FileSink {
 public:
  // A temporary file beside `path`, in the same directory because only there a rename is atomic. If `path` is a link,
  // what it points to is replaced; if it is a pipe or a device, it is written to directly. kNotFound: no such
  // directory; kAccessDenied, kNoSpace, kIo.
  static Result<std::unique_ptr<FileSink>> open(const std::string& path);
  // Removes the temporary file unless commit() succeeded.
  ~FileSink();
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  Status write(ByteView bytes);
  // sync: survives a power cut once this has returned.
  Status commit(bool sync);

 private:
  FileSink(std::string path, std::string temporary, int fd);

  const std::string path_;
  std::string temporary_;  // empty: written directly, or committed
  int fd_;
};

}  // namespace objstore::client
