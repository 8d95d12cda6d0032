// Bytes and their text forms. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace objstore {

using ByteView = std::span<const std::byte>;
using MutableBytes = std::span<std::byte>;

inline ByteView as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
// Either case; nothing for an odd length or a character outside [0-9a-fA-F].
std::optional<std::string> from_hex(std::string_view text);
// RFC 4648 section 4, with padding.
std::string to_base64(ByteView bytes);
// Strict: padding required, no white space, nothing when malformed.
std::optional<std::string> from_base64(std::string_view text);

// Big-endian, so that byte order is numeric order in keys.
void append_u64_be(std::string& out, std::uint64_t value);
void append_u32_be(std::string& out, std::uint32_t value);
// CHECKs that 8 (4) bytes are there.
std::uint64_t read_u64_be(std::string_view text);
std::uint32_t read_u32_be(std::string_view text);

// True for well-formed UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_valid_utf8(std::string_view text) noexcept;

// Decimal digits only, no sign, no white space; nothing when empty, malformed or above the maximum.
std::optional<std::uint64_t> parse_u64(std::string_view text) noexcept;

// ASCII only; the locale plays no part.
std::string to_lower(std::string_view text);
bool equals_ignore_case(std::string_view a, std::string_view b) noexcept;
// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text) noexcept;

}  // namespace objstore
