// Buffers of one fixed capacity that are used again instead of being allocated: fresh memory is dear on virtual
// machines. A Buffer has one owner; a pool may be used from any thread and must outlive its buffers.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "common/base/bytes.h"

namespace objstore {

class BufferPool;

// Move-only bytes: `size()` of them count, out of `capacity()`. Aligned to 4,096 bytes.
class Buffer {
 public:
  Buffer() = default;
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  std::size_t capacity() const noexcept { return capacity_; }
  ByteView view() const noexcept { return {data_ + start_, size_}; }
  MutableBytes storage() noexcept { return {data_, capacity_}; }
  // The bytes that count are [start, start + size) of the storage. CHECKs that they fit.
  void set_window(std::size_t start, std::size_t size);
  // As many of those that count do not any more. CHECKs that there are.
  void drop_front(std::size_t size);

 private:
  friend class BufferPool;
  Buffer(BufferPool* pool, std::byte* data, std::size_t capacity) : pool_(pool), data_(data), capacity_(capacity) {}
  void release() noexcept;
  BufferPool* pool_ = nullptr;
  std::byte* data_ = nullptr;
  std::size_t capacity_ = 0;
  std::size_t start_ = 0;
  std::size_t size_ = 0;
};

// A stretch of a buffer that several may hold, for bytes that are to come; empty: there is none.
struct Room {
  std::shared_ptr<Buffer> buffer;
  MutableBytes bytes;
};

class BufferPool {
 public:
  // capacity: bytes of each buffer, rounded up to 4,096. Up to `kept` idle buffers stay allocated; more are freed.
  BufferPool(std::size_t capacity, std::size_t kept);
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  Buffer acquire();
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  friend class Buffer;
  void give_back(std::byte* data) noexcept;
  const std::size_t capacity_;
  const std::size_t kept_;
  std::mutex mutex_;
  std::vector<std::byte*> idle_;  // guarded by mutex_
};

}  // namespace objstore
