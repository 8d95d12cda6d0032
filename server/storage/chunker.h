// Content-defined chunking: FastCDC 2020 as the Remote Execution API defines it (FAST_CDC_2020, seed 0): gear table =
// the high 64 bits of MD5(byte, 64 times), normalisation 2, minimum = average / 4, maximum = average * 4.
// https://github.com/bazelbuild/remote-apis (remote_execution.proto, FastCdc2020Params); Xia et al., TPDS 2020.
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "common/base/bytes.h"

namespace objstore::storage {

class Chunker {
 public:
  static constexpr std::size_t kAverageMin = std::size_t{1} << 10;
  static constexpr std::size_t kAverageMax = std::size_t{1} << 20;

  // average: bytes, a power of two in [kAverageMin, kAverageMax].
  explicit Chunker(std::size_t average);

  // The length of the first chunk of `bytes`. `bytes` must hold max_size() bytes, or all that is left.
  std::size_t cut(ByteView bytes) const noexcept;

  // The same where more bytes may come behind `bytes`: nothing while the chunk may go on. `done` is 0 for each chunk,
  // and goes from call to call, whose bytes begin alike: so many hold no cut, so that none is looked at twice.
  std::optional<std::size_t> cut_so_far(ByteView bytes, std::size_t& done) const noexcept;

  std::size_t min_size() const noexcept { return average_ / 4; }
  std::size_t average_size() const noexcept { return average_; }
  std::size_t max_size() const noexcept { return average_ * 4; }

 private:
  std::size_t average_;
  std::uint64_t mask_before_average_;  // stricter: fewer cuts
  std::uint64_t mask_after_average_;
};

}  // namespace objstore::storage
