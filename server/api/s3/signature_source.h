// The signature of an object, made while it is read. One thread at a time.
#pragma once

#include <memory>
#include <string>

#include "common/base/source.h"

namespace objstore::s3 {

class SignatureSource final : public Source {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{64} << 10;
  // buffers: of kBufferBytes, outlive what next() gives.
  SignatureSource(BufferPool& buffers, std::unique_ptr<Source> object, std::uint64_t block_size);
  // About one megabyte of the object at a time, so that a worker is not held for long.
  Result<Buffer> next() override;

 private:
  void take(ByteView bytes);

  BufferPool& buffers_;
  const std::unique_ptr<Source> object_;
  const std::uint64_t block_size_;
  std::string block_;  // bytes of a block that is not complete
  std::string sums_;   // of the blocks that are, not yet given
  bool ended_ = false;
};

}  // namespace objstore::s3
