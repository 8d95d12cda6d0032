#include "common/base/buffer.h"

#include <cstdlib>
#include <utility>

#include "common/base/check.h"

namespace objstore {
namespace {

constexpr std::size_t kAlignment = 4096;

std::size_t round_up(std::size_t bytes) {
  CHECK(bytes > 0);
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

Buffer::Buffer(Buffer&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      data_(std::exchange(other.data_, nullptr)),
      capacity_(std::exchange(other.capacity_, 0)),
      start_(std::exchange(other.start_, 0)),
      size_(std::exchange(other.size_, 0)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  if (this == &other) return *this;
  release();
  pool_ = std::exchange(other.pool_, nullptr);
  data_ = std::exchange(other.data_, nullptr);
  capacity_ = std::exchange(other.capacity_, 0);
  start_ = std::exchange(other.start_, 0);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

Buffer::~Buffer() {
  release();
}

void Buffer::set_window(std::size_t start, std::size_t size) {
  CHECK(start <= capacity_ && size <= capacity_ - start);
  start_ = start;
  size_ = size;
}

void Buffer::drop_front(std::size_t size) {
  CHECK(size <= size_);
  start_ += size;
  size_ -= size;
}

void Buffer::release() noexcept {
  if (data_ != nullptr) pool_->give_back(data_);
  data_ = nullptr;
}

BufferPool::BufferPool(std::size_t capacity, std::size_t kept) : capacity_(round_up(capacity)), kept_(kept) {
  idle_.reserve(kept_);  // so that give_back() never allocates
}

BufferPool::~BufferPool() {
  for (std::byte* data : idle_) std::free(data);
}

Buffer BufferPool::acquire() {
  {
    std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::byte* data = idle_.back();
      idle_.pop_back();
      return Buffer(this, data, capacity_);
    }
  }
  auto* data = static_cast<std::byte*>(std::aligned_alloc(kAlignment, capacity_));
  CHECK(data != nullptr);
  return Buffer(this, data, capacity_);
}

void BufferPool::give_back(std::byte* data) noexcept {
  {
    std::lock_guard lock(mutex_);
    if (idle_.size() < kept_) {
      idle_.push_back(data);
      return;
    }
  }
  std::free(data);
}

}  // namespace objstore
