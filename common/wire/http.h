// HTTP messages without a transport: what both the server's front ends and the client speak of. Values; no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::wire {

struct Header {
  std::string name;   // as sent
  std::string value;  // without the white space around it
};

// An ordered list; names compare without case.
class Headers {
 public:
  void add(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);  // replaces every header of that name
  void remove(std::string_view name);
  // The first one's value.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return count(name) > 0; }
  std::size_t size() const noexcept { return list_.size(); }
  auto begin() const noexcept { return list_.begin(); }
  auto end() const noexcept { return list_.end(); }

 private:
  std::vector<Header> list_;
};

struct Endpoint {
  std::string address;  // numeric IPv4 or IPv6; an IPv4-mapped IPv6 address is written as IPv4
  std::uint16_t port = 0;
};

// The head of a request as it was received. Nothing in it is decoded.
struct RequestHead {
  std::string method;
  std::string target;  // origin form: path and query as sent
  std::string path;    // before '?'; percent-encoded
  std::string query;   // after the first '?', without it; percent-encoded
  Headers headers;
  std::optional<std::uint64_t> content_length;  // absent with chunked transfer coding or without a body
  bool chunked = false;                         // Transfer-Encoding: chunked
  bool secure = false;                          // over TLS; behind a trusted proxy: to that proxy
  Endpoint peer;                                // the socket's other end, or whom a trusted proxy names
  std::string request_id;                       // 16 upper-case hexadecimal digits, made by the transport

  bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

// "Not Found" for 404; "Unknown" for a status without a name.
std::string_view reason_phrase(int status) noexcept;

}  // namespace objstore::wire
