// UTF-8, one code point at a time. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace objstore {

struct Utf8Step {
  std::uint32_t code_point = 0;
  std::size_t length = 0;  // 1-4 bytes; 0 when the text does not start with a well-formed sequence
};

// The sequence at the start of `text`. Overlong forms, surrogates and values above U+10FFFF are not well-formed (RFC
// 3629). An empty text has length 0.
Utf8Step utf8_step(std::string_view text) noexcept;

}  // namespace objstore
