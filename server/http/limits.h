// The bounds of the transport, all named and all in one place. Values; no thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace objstore::http {

inline constexpr std::size_t kKiB = 1024;
inline constexpr std::size_t kMiB = 1024 * kKiB;

// What a request's head may be. AWS bounds the header section at 8 KiB.
struct HeadLimits {
  std::size_t target_bytes_max = 8 * kKiB;
  std::size_t section_bytes_max = 8 * kKiB;  // all header lines, without the request line
  std::size_t fields_max = 100;
};

struct Limits {
  HeadLimits head;
  std::size_t connections_max = 4096;           // more are accepted and closed at once
  std::size_t connections_per_peer_max = 2048;  // of one address
  std::size_t large_buffers_max = 256;          // body buffers of 256 KiB; uploads beyond take 16 KiB ones
  std::ptrdiff_t bodies_in_place_max = 32;     // received into handlers' memory, some MiB each; more into those buffers
  std::uint64_t reply_bytes_max = 128 * kMiB;  // what replies hold while they are sent; beyond, readers wait
};

struct Timeouts {
  std::chrono::milliseconds head{10'000};           // from the first byte of a head (or the accept) to its end
  std::chrono::milliseconds idle{60'000};           // between two requests
  std::chrono::milliseconds handshake{10'000};      // TLS
  std::chrono::milliseconds body_grace{10'000};     // a body may be this far behind the minimum rate
  std::chrono::milliseconds stall{60'000};          // no byte sent or received within a body
  std::chrono::milliseconds linger{2'000};          // reading on after our last byte, so that the peer can read it
  std::uint64_t rate_bytes_per_second_min = 1'024;  // of a body, once its grace is used up
  // Of readers, while replies hold more than half of reply_bytes_max.
  std::chrono::milliseconds pressed_stall{5'000};
  std::uint64_t pressed_rate_bytes_per_second_min = 64 * kKiB;
};

inline constexpr std::size_t kLargeBufferBytes = 256 * kKiB;
inline constexpr std::size_t kSmallBufferBytes = 16 * kKiB;
inline constexpr std::size_t kIdleBuffersKept = 32;
inline constexpr std::uint64_t kDrainBytesMax = 64 * kKiB;     // of a body that nobody wants
inline constexpr std::uint64_t kLingerBytesMax = 64 * kMiB;    // discarded while lingering
inline constexpr std::size_t kChunkExtensionBytesMax = 1'024;  // of one chunk
inline constexpr std::size_t kChunkSizeDigitsMax = 16;
inline constexpr std::size_t kTrailersMax = 64;
inline constexpr std::size_t kTrailerSectionBytesMax = 8 * kKiB;

}  // namespace objstore::http
