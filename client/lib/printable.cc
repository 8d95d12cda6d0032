#include "client/lib/printable.h"

#include <array>
#include <cstdio>

#include "common/base/utf8.h"

namespace objstore::client {
namespace {

bool is_harmless(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return false;
  return !(c >= 0x202A && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069);
}

void append_escaped(std::string& out, std::string_view bytes) {
  for (const char byte : bytes) {
    std::array<char, 5> text{};
    std::snprintf(text.data(), text.size(), "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(byte)));
    out += text.data();
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Utf8Step step = utf8_step(text);
    const std::string_view bytes = text.substr(0, step.length == 0 ? 1 : step.length);
    if (step.length > 0 && is_harmless(step.code_point)) {
      out += bytes;
    } else {
      append_escaped(out, bytes);
    }
    text.remove_prefix(bytes.size());
  }
  return out;
}

}  // namespace objstore::client
