#include "server/api/s3/signature_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "common/wire/delta.h"

namespace objstore::s3 {

SignatureSource::SignatureSource(BufferPool& buffers, std::unique_ptr<Source> object, std::uint64_t block_size)
    : buffers_(buffers), object_(std::move(object)), block_size_(block_size) {}

void SignatureSource::take(ByteView bytes) {
  const auto size = static_cast<std::size_t>(block_size_);
  while (!bytes.empty()) {
    if (block_.empty() && bytes.size() >= size) {
      wire::append_block_sum(sums_, bytes.first(size));
      bytes = bytes.subspan(size);
      continue;
    }
    const ByteView piece = bytes.first(std::min(size - block_.size(), bytes.size()));
    block_ += as_text(piece);
    bytes = bytes.subspan(piece.size());
    if (block_.size() < size) return;
    wire::append_block_sum(sums_, as_bytes(block_));
    block_.clear();
  }
}

Result<Buffer> SignatureSource::next() {
  constexpr std::size_t kBytesAtOnce = std::size_t{1} << 20;
  std::size_t read = 0;
  while (!ended_ && (sums_.empty() || (read < kBytesAtOnce && sums_.size() < kBufferBytes))) {
    OBJSTORE_ASSIGN(const Buffer piece, object_->next());
    read += piece.size();
    take(piece.view());
    if (!piece.empty()) continue;
    ended_ = true;
    if (!block_.empty()) wire::append_block_sum(sums_, as_bytes(block_));
    block_.clear();
  }
  if (sums_.empty()) return Buffer();
  Buffer out = buffers_.acquire();
  const std::size_t size = std::min(sums_.size(), out.capacity());
  std::memcpy(out.storage().data(), sums_.data(), size);
  out.set_window(0, size);
  sums_.erase(0, size);
  return out;
}

}  // namespace objstore::s3
