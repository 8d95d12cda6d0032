// Percent-encoding as Signature Version 4 and S3 use it, and query strings. Values and pure functions, any thread.
#pragma once

#include <objstore/error.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace objstore::wire {

// Every %XX as its byte; '+' stays. kInvalidArgument for a '%' that two hexadecimal digits do not follow.
Result<std::string> percent_decode(std::string_view text);

enum class Slash : std::uint8_t { kEncode, kKeep };
// Everything but A-Z a-z 0-9 - . _ ~ as %XX with upper-case digits; '/' as asked.
std::string percent_encode(std::string_view text, Slash slash = Slash::kEncode);

struct QueryParam {
  std::string name;   // decoded
  std::string value;  // decoded; empty also without '='
  std::string raw;    // as sent: "name", "name=" or "name=value"
};

// The parameters of a query in the order in which they were sent. Names compare exactly. '+' is a space, in names and
// values and in what is signed: a server that signs one reading and acts on the other can be tricked.
class QueryParams {
 public:
  static constexpr std::size_t kCountMax = 1000;
  // query: without '?'. Empty pieces ("a&&b") are passed over. kInvalidArgument for a malformed escape, kTooLarge above
  // kCountMax.
  static Result<QueryParams> parse(std::string_view query);

  // The first one's value.
  std::optional<std::string_view> find(std::string_view name) const noexcept;
  std::size_t count(std::string_view name) const noexcept;
  bool contains(std::string_view name) const noexcept { return count(name) > 0; }
  std::size_t size() const noexcept { return list_.size(); }
  bool empty() const noexcept { return list_.empty(); }
  auto begin() const noexcept { return list_.begin(); }
  auto end() const noexcept { return list_.end(); }

 private:
  std::vector<QueryParam> list_;
};

// name=value, both encoded, joined by '&' in the order of adding. For requests that a client makes.
class QueryBuilder {
 public:
  QueryBuilder& add(std::string_view name, std::string_view value);
  // A name alone: "uploads".
  QueryBuilder& add_flag(std::string_view name);
  const std::string& str() const noexcept { return text_; }

 private:
  std::string text_;
};

}  // namespace objstore::wire
