// How large the parts of an upload are, within S3's limits. Pure functions.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
#pragma once

#include <objstore/error.h>

#include <cstdint>

namespace objstore::client {

inline constexpr std::uint64_t kPartsMax = 10'000;
inline constexpr std::uint64_t kPartBytesMin = std::uint64_t{5} << 20;
inline constexpr std::uint64_t kPartBytesMax = std::uint64_t{5} << 30;
inline constexpr std::uint64_t kObjectBytesMax = std::uint64_t{50'000}
                                                 << 30;  // 10,000 parts of 5 GiB: AWS's limit since 2025
inline constexpr std::uint64_t kSingleCopyBytesMax = std::uint64_t{5} << 30;

// What is wanted when nobody says what: 8 MiB; more, by whole MiB, for a body that would have more than about a
// thousand parts. total: 0 when it is not known.
std::uint64_t default_part_size(std::uint64_t total) noexcept;

// The part size for a body of known length: `wanted`, or larger by whole MiB when that would take more than kPartsMax
// parts. kTooLarge above kObjectBytesMax.
Result<std::uint64_t> part_size_for(std::uint64_t total, std::uint64_t wanted);

// The size of part `number` (from 1) of a body whose length is not known: `wanted` for the first 1,000 parts and twice
// as much with every further thousand, so that memory stays small for what is usual and 10,000 parts hold any object.
std::uint64_t stream_part_size(std::uint64_t number, std::uint64_t wanted) noexcept;

}  // namespace objstore::client
