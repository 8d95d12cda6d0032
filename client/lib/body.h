// The body of a request: read at any place and any number of times, so that an attempt can be repeated.
//
// Bodies refer to memory or to a descriptor that outlives them. read_at() may be called from any thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/base/bytes.h"

namespace objstore::client {

class Body {
 public:
  virtual ~Body() = default;
  virtual std::uint64_t size() const = 0;
  // Fills `out` as far as the body goes; 0 only at its end. kConflict when a file has become shorter, kIo.
  virtual Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const = 0;
};

class MemoryBody final : public Body {
 public:
  explicit MemoryBody(ByteView bytes) : bytes_(bytes) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  ByteView bytes_;
};

// A range of a regular file.
class FileBody final : public Body {
 public:
  FileBody(int fd, std::uint64_t offset, std::uint64_t size) : fd_(fd), offset_(offset), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  int fd_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

// A part of a body that outlives it.
class SliceBody final : public Body {
 public:
  SliceBody(const Body& whole, std::uint64_t offset, std::uint64_t size)
      : whole_(whole), offset_(offset), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override;

 private:
  const Body& whole_;
  std::uint64_t offset_;
  std::uint64_t size_;
};

// Memory that it owns.
class OwnedBody final : public Body {
 public:
  explicit OwnedBody(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, MutableBytes out) const override {
    return MemoryBody(bytes_).read_at(offset, out);
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace objstore::client
