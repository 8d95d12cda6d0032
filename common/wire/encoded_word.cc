#include "common/wire/encoded_word.h"

#include <algorithm>

#include "common/base/bytes.h"
#include "common/base/utf8.h"

namespace objstore::wire {
namespace {

// 75 characters at most a word (RFC 2047, section 2): 12 of them around 60 of base64.
constexpr std::size_t kBytesPerWord = 45;

// The longest piece of whole characters that fits a word; 0 when the text does not start with one.
std::size_t piece_of(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size()) {
    const std::size_t step = utf8_step(text.substr(size)).length;
    if (step == 0 || size + step > kBytesPerWord) break;
    size += step;
  }
  return size;
}

}  // namespace

std::string encode_words(std::string_view text) {
  if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) return std::string(text);
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t size = piece_of(rest);
    if (size == 0) return std::string(text);
    if (!out.empty()) out.push_back(' ');
    out.append("=?UTF-8?B?").append(to_base64(as_bytes(rest.substr(0, size)))).append("?=");
    rest.remove_prefix(size);
  }
  return out;
}

}  // namespace objstore::wire
