// The rolling hash by which content says where it is cut: hash(i) = 2 hash(i - 1) + gear[byte i], modulo 2^64, so that
// it depends on the last 64 bytes alone. Xia et al., "The Design of Fast Content-Defined Chunking", TPDS 2020.
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "common/base/bytes.h"

namespace objstore::storage::gear {

inline constexpr std::size_t kWindow = 64;  // bytes

struct Table {
  std::array<std::uint64_t, 256> words;
  // The words' low 32 bits, byte by byte: what the vector instructions look up.
  alignas(64) std::array<std::array<std::uint8_t, 256>, 4> planes;
};
// The Remote Execution API's, for seed 0.
const Table& table();

// The first i in [from, to) at which the hash of the bytes from `origin` to i, both included, has no bit of `mask`;
// `to` when there is none. origin <= from, to <= bytes.size().
std::size_t find(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to, std::uint64_t mask) noexcept;

// The two ways to do that, for tests. find_by_vectors() may be called where vectors_available() (AVX-512 with VBMI).
std::size_t find_by_words(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to,
                          std::uint64_t mask) noexcept;
std::size_t find_by_vectors(ByteView bytes, std::size_t origin, std::size_t from, std::size_t to,
                            std::uint64_t mask) noexcept;
bool vectors_available() noexcept;

// The hash of bytes [from, to).
std::uint64_t hash_of(ByteView bytes, std::size_t from, std::size_t to) noexcept;

}  // namespace objstore::storage::gear
