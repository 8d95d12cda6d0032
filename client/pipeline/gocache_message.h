// The messages between the go command and its cache program. Pure; any thread.
#pragma once

#include <objstore/error.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace objstore::client {

struct GoCacheRequest {
  std::int64_t id = 0;
  std::string command{};  // "get", "put", "close"
  std::string action{};   // raw
  std::string output{};   // raw
  std::uint64_t body_size = 0;
};

// One line. kMalformed.
Result<GoCacheRequest> read_go_cache_request(std::string_view line);
// The line behind a put: a JSON string of base64. kMalformed when it is not `size` bytes.
Result<std::string> read_go_cache_body(std::string_view line, std::uint64_t size);

struct GoCacheAnswer {
  std::int64_t id = 0;
  std::string error{};
  bool miss = false;
  std::string output{};  // raw
  std::uint64_t size = 0;
  std::string path{};
};
std::string write_go_cache_answer(const GoCacheAnswer& answer);
std::string go_cache_greeting();

}  // namespace objstore::client
