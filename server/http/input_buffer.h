// Bytes that have arrived and are not used yet: a head, and whatever came behind it. One owner.
#pragma once

#include <cstring>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/check.h"

namespace objstore::http {

class InputBuffer {
 public:
  bool empty() const noexcept { return begin_ == end_; }
  std::size_t size() const noexcept { return end_ - begin_; }
  std::string_view view() const noexcept { return {storage_.data() + begin_, size()}; }

  void consume(std::size_t count) {
    CHECK(count <= size());
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least kReadBytesMin more. It grows only as far as its user lets unconsumed bytes pile up.
  MutableBytes space() {
    if (storage_.size() - end_ < kReadBytesMin && begin_ > 0) {
      std::memmove(storage_.data(), storage_.data() + begin_, size());
      end_ -= begin_;
      begin_ = 0;
    }
    if (storage_.size() - end_ < kReadBytesMin) storage_.resize(storage_.size() + kGrowBytes);
    return std::as_writable_bytes(std::span(storage_).subspan(end_));
  }
  void commit(std::size_t count) {
    CHECK(count <= storage_.size() - end_);
    end_ += count;
  }

 private:
  static constexpr std::size_t kReadBytesMin = 1024;
  static constexpr std::size_t kGrowBytes = 8192;
  std::vector<char> storage_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace objstore::http
